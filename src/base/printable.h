// Text from a file, a name or an environment variable, made fit for a terminal: what a stranger wrote can
// neither move the cursor nor begin a line of its own. The one place that does so; the log does it to every
// message, and whoever prints foreign text on stdout does it piece by piece.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gdd {

inline constexpr std::size_t kMessageLimit = 2000;  // bytes of one line of the log

// One line of valid UTF-8: control characters (C0, DEL, C1), line and paragraph separators and marks that
// change the direction of text as \n, \t, \r, \xNN or \u{NNNN}, bytes that are not UTF-8 as \xNN. Of what
// would be longer than `limit` bytes the middle is left out, marked by " ... ".
std::string printable(std::string_view text, std::size_t limit = kMessageLimit);

// The same in single quotes, at most about 100 bytes: a name in a message.
std::string quoted(std::string_view text);

// The text as one word of a shell's command line, for lines that a user may copy: as it is where that is
// safe, else in single quotes. Control characters become what printable() makes of them.
std::string shell_quoted(std::string_view text);

}  // namespace gdd
