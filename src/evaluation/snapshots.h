// The snapshots that a training leaves in its folder, in the order of their numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gdd {

// What changes when a file is written, replaced or moved.
struct FileState {
  std::uint64_t bytes = 0, inode = 0;
  std::int64_t modified = 0, changed = 0;  // nanoseconds since 1970

  bool operator==(const FileState&) const = default;
};

// Of a regular file, or what a link leads to. Nothing: there is none.
std::optional<FileState> state_of(const std::string& path);

struct Snapshot {
  std::string name, path;  // the file, in its folder
  std::optional<std::int64_t>
      number;  // how far the training was: EDM's and StyleGAN's are thousands of images
  FileState state;

  bool operator==(const Snapshot&) const = default;
};

// Where the number stands in a name, of digits: [begin, end). Without a pattern it is the longest row of
// digits before the ending, the last of several; with one the first row in what its first '*' stands for.
// Nothing: there is none, or one of more than 18 digits.
struct NumberPlace {
  std::size_t begin = 0, end = 0;
};
std::optional<NumberPlace> find_number(const std::string& name, const std::string& pattern);

// "network-snapshot-*.pkl" of "network-snapshot-000410.pkl": what snapshots of one line have in common.
std::string series_of(const std::string& name, const std::string& pattern);

// Whether `a` comes before `b`: by number, what has none last; then by name, rows of digits in it by their
// values.
bool comes_before(const Snapshot& a, const Snapshot& b);

// Usage error: there is a '/' or no '*' in it.
void check_pattern(const std::string& pattern);

// Files whose name fits `pattern` ('*': any text, '?': any letter); where it is empty, those that end in
// .pkl, .pt or .pth, but no training-state-N.pt beside a network-snapshot-N.pkl of EDM, or a
// network-snapshot-N-0.050.pkl of EDM2, which has the same weights and no average. Hidden files are none, nor
// are links to others in the folder. Error: the folder cannot be read.
std::vector<Snapshot> list_snapshots(const std::string& folder, const std::string& pattern);

}  // namespace gdd
