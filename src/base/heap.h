// How the process keeps memory that it no longer uses.
#pragma once

namespace gdd {

// Large blocks that are freed stay with the process and serve the next that are asked for, up to 2 GB of them
// at the end of the heap; by default the system takes each back, and fills it with zeros when it gives it
// again: a seventh of the time of a network whose activations are as large (measured with Inception and the
// CIFAR-10 network). Of glibc; elsewhere nothing.
void keep_freed_memory();

// Hands it back, where what comes next is to be held to a limit of memory.
void give_back_freed_memory();

}  // namespace gdd
