#include <algorithm>

#include "archive/npz.h"
#include "expect_error.h"

namespace {

// As statistics, features and images are read: whole, and row by row. A member that is refused hides no
// other.
void read_member(const gdd::NpzReader& npz, const std::string& name) {
  constexpr std::int64_t kRows = 4;
  const gdd::NpyHeader header = npz.header(name);
  const gdd::NpyArray array = npz.read(name);
  header.kind == 'f' ? void(array.as_float64()) : void(array.as_int64());
  if (header.shape.empty()) return;
  const std::int64_t rows = std::min(header.shape[0], kRows);
  npz.read_rows(name, header.shape[0] - rows, rows);
  npz.read_rows(name, 0, rows);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return run_target(data, size, [](gdd::Bytes bytes) {
    const gdd::NpzReader npz(bytes, "fuzz");
    for (const std::string& name : npz.names()) {
      try {
        read_member(npz, name);
      } catch (const gdd::Error&) {
      }
    }
  });
}
