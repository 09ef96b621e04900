// A command as text for those who read it: three shells and man.
#pragma once

#include <string>
#include <vector>

#include "manual/command.h"

namespace gdd {

// Each completes commands, flags, the values of a flag that has choices (of a list one after the other, with
// commas), files and folders. They stand by themselves: of bash no package of completions is needed.
std::string bash_completion(const Command& program);
std::string zsh_completion(const Command& program);   // a file _NAME on fpath
std::string fish_completion(const Command& program);  // a file NAME.fish

// The page of section 1 in roff: what --help shows, of every command. `version` is that of the suite,
// `others` are programs to see also.
std::string man_page(const Command& program, const std::string& version,
                     const std::vector<std::string>& others);

}  // namespace gdd
