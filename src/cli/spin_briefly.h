// How long threads of OpenMP that wait for each other spin before they sleep, and the pages that memory is
// of.
#pragma once

#include <cstddef>

namespace gdd {

// Starts this program again with GOMP_SPINCOUNT=10000 and, unless they are set, GLIBC_TUNABLES for huge
// pages: unless the user has set the former, OMP_WAIT_POLICY, LD_PRELOAD or one thread, or gives fewer than
// two arguments.
//
// libgomp's own 300 000 take a millisecond and more in every wait. Where others use the cores as well, a
// thread that spins takes the time of the one that it waits for: on two cores the demo's evaluation took
// 7.5 s in place of 5.2 s beside two busy loops (medians of seven), and 103 s in place of 36 s beside eight;
// where nothing else ran, 2.4 s with both. libgomp and glibc read variables once, when they are loaded; so
// this is called before any library is initialised (.preinit_array), where another start costs 20 ms and only
// system calls are safe.
void spin_briefly(int argc, char** argv, char** environment);

// What the new start gets, for it and its test.
inline constexpr std::size_t kMostVariables = 4096, kOwnVariables = 2;
// `environment` and what is added, with a null behind it, into `variables` [kMostVariables + kOwnVariables +
// 1]. False: there is nothing to do, or more than kMostVariables are set.
bool add_own_variables(char** environment, const char** variables);

}  // namespace gdd
