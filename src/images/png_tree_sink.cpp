#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/atomic_file.h"
#include "gdd/error.h"
#include "images/codec.h"
#include "images/sink.h"

namespace gdd {
namespace {

std::string six_digits(std::int64_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "%06lld", static_cast<long long>(number));
  return text;
}

class PngTreeSink : public ImageSink {
 public:
  PngTreeSink(const std::string& outdir, bool subdirs) : outdir_(outdir), subdirs_(subdirs) {
    std::error_code error;
    std::filesystem::create_directories(outdir, error);
    if (error) throw Error(outdir, "cannot make the folder: " + error.message());
    if (::access(outdir.c_str(), W_OK | X_OK) != 0)
      throw Error(outdir, std::string("cannot write into the folder: ") + std::strerror(errno));
  }

  void write(const SinkItem& item, const Image& image) override {
    const std::filesystem::path folder =
        subdirs_ ? outdir_ / six_digits(item.seed - item.seed % 1000) : outdir_;
    write_file_atomically((folder / (six_digits(item.seed) + ".png")).string(), encode_png(image),
                          Flush::kLater);
  }

  // One flush for all files, as one for each would take longer than making small images.
  void finish() override {
    const int fd = ::open(outdir_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool flushed = fd >= 0 && ::syncfs(fd) == 0;
    const int error = errno;
    if (fd >= 0) ::close(fd);
    if (!flushed) throw Error(outdir_.string(), std::string("cannot write: ") + std::strerror(error));
  }

 private:
  std::filesystem::path outdir_;
  bool subdirs_;
};

}  // namespace

std::unique_ptr<ImageSink> open_png_tree(const std::string& outdir, bool subdirs) {
  return std::make_unique<PngTreeSink>(outdir, subdirs);
}

}  // namespace gdd
