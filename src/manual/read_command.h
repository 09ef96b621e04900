// What a program's own flags say of it; nothing of it runs.
#pragma once

#include <string>

#include "manual/command.h"

namespace gdd {

// `program` is "gdd-fid" and `run` its main function, which parses its flags by parse_flags(). A command that
// has flags in a place of their own (gdd-eval compare) is asked for them by its word. Error: commands lie
// deeper than one, or a flag has a name that a shell would take for something else.
Command read_command(const std::string& program, int (*run)(int argc, char** argv));

}  // namespace gdd
