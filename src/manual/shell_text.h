// Words for shells. Names and choices are plain (read_command() sees to that); descriptions are anything.
#pragma once

#include <string>
#include <vector>

#include "manual/command.h"

namespace gdd {

// gdd-fid -> gdd_fid: part of the name of a function.
std::string identifier(const std::string& program);

// Every name of every flag.
std::vector<std::string> flag_names(const Command& command);
// The words of its commands: calc, ref, ...
std::vector<std::string> command_words(const Command& command);

// The program itself and its commands.
std::vector<const Command*> all_commands(const Command& program);

}  // namespace gdd
