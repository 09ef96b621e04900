// The program inside a TorchScript archive, looked at as text before LibTorch may load it: loading alone runs
// `__setstate__`, and TorchScript has operators that write files.
#pragma once

#include <string>

namespace gdd {

// Errors: not a zip; code that defines or names something which loads, stores, prints or runs while loading
// (`__setstate__`, `from_file`, `save`, ...), by its name and member; code too large; an archive of the
// oldest format, whose code this does not know how to find. Cautious: an ordinary variable of such a name is
// refused too.
void refuse_dangerous_code(const std::string& path);

}  // namespace gdd
