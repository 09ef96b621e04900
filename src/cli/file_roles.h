// Which files a program reads and which it writes, compared before the work: no output takes the place of an
// input or of another output, and every output can be written.
#pragma once

#include <string>
#include <vector>

namespace gdd {

class FileRoles {
 public:
  // `flag` names the file in messages; an empty path is no file. An input may be FILE:KEY, a folder (then its
  // files are inputs too) or a URL.
  void input(const std::string& flag, const std::string& path);
  void output(const std::string& flag, const std::string& path);

  // Usage errors: an output is the same file (by device and inode, or by name where it is not there yet) as
  // an input or as another output. Errors: an output cannot be written (as AtomicFile).
  void check() const;

 private:
  struct Role {
    std::string flag, path;
  };
  std::vector<Role> inputs_, outputs_;
};

}  // namespace gdd
