#include "manual/shell_text.h"

#include <algorithm>

namespace gdd {

std::string identifier(const std::string& program) {
  std::string name = program;
  std::ranges::replace(name, '-', '_');
  return name;
}

std::vector<std::string> flag_names(const Command& command) {
  std::vector<std::string> names;
  for (const Flag& flag : command.flags) names.insert(names.end(), flag.names.begin(), flag.names.end());
  return names;
}

std::vector<std::string> command_words(const Command& command) {
  std::vector<std::string> words;
  for (const Command& each : command.commands) words.push_back(each.word());
  return words;
}

std::vector<const Command*> all_commands(const Command& program) {
  std::vector<const Command*> all{&program};
  for (const Command& command : program.commands) all.push_back(&command);
  return all;
}

}  // namespace gdd
