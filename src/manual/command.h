// A program as its flags describe it, for what tells of programs: completions and pages.
#pragma once

#include <string>
#include <vector>

namespace gdd {

// One value of a flag, or a word that stands for itself (IN, OUT).
struct Value {
  enum class Kind { kText, kFile, kFolder };
  Kind kind = Kind::kText;
  std::string name;                  // as --help has it: "FILE", "INT:[1 - 64]"
  std::vector<std::string> choices;  // what it may be, or what it often is; empty: anything
  bool list = false;                 // several of the choices may stand there, with commas
};

struct Flag {
  std::vector<std::string> names;     // "-h", "--help"; of a word that stands for itself "IN"
  std::string signature;              // as --help has it behind the names: " FILE REQUIRED"; may be empty
  std::string description;            // of one line
  std::vector<Value> values;          // that follow it; of a word itself one
  bool repeats = false;               // it may be given again
  std::vector<std::string> excludes;  // names of flags that it cannot stand beside
};

struct Command {
  std::string name;                // "gdd-fid", "gdd-fid calc"
  std::string usage;               // "gdd-fid calc [OPTIONS]"
  std::string description;         // of one line
  std::string footer;              // its examples; may be empty
  std::vector<Flag> flags, words;  // each in the order of --help
  std::vector<Command> commands;   // one deep

  // The last word of the name: "calc".
  std::string word() const { return name.substr(name.rfind(' ') + 1); }
};

}  // namespace gdd
