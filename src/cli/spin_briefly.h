// How long threads of OpenMP that wait for each other spin before they sleep.
#pragma once

namespace gdd {

// Starts this program again with GOMP_SPINCOUNT=10000, unless the user has set that, OMP_WAIT_POLICY,
// LD_PRELOAD or one thread, or gives fewer than two arguments.
//
// libgomp's own 300 000 take a millisecond and more in every wait. Where others use the cores as well, a
// thread that spins takes the time of the one that it waits for: on two cores the demo's evaluation took
// 7.5 s in place of 5.2 s beside two busy loops (medians of seven), and 103 s in place of 36 s beside eight;
// where nothing else ran, 2.4 s with both. libgomp reads the variable once, when it is loaded; so this is
// called before any library is initialised (.preinit_array), where another start costs 20 ms and only system
// calls are safe.
void spin_briefly(int argc, char** argv, char** environment);

}  // namespace gdd
