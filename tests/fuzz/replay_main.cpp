// Runs a fuzz target over the files and folders named, without a fuzzer: crashes that were fixed stay fixed.
#include <filesystem>
#include <iostream>

#include "base/mapped_file.h"
#include "expect_error.h"

int main(int count, char** arguments) {
  int files = 0;
  const auto replay = [&](const std::filesystem::path& path) {
    if (!std::filesystem::is_regular_file(path) || std::filesystem::file_size(path) == 0) return;
    const gdd::MappedFile file(path);
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(file.bytes().data()), file.bytes().size());
    ++files;
  };
  for (int i = 1; i < count; ++i) {
    if (!std::filesystem::is_directory(arguments[i]))
      replay(arguments[i]);
    else
      for (const auto& entry : std::filesystem::recursive_directory_iterator(arguments[i]))
        replay(entry.path());
  }
  std::cout << files << " files replayed\n";
  return files > 0 ? 0 : 1;
}
