// How much memory this process may take for what files and flags ask of it: one number for the whole program,
// asked before an allocation whose size a foreign file decides.
#pragma once

#include <cstdint>
#include <string>

namespace gdd {

// Bytes in force. The default is a quarter of what the machine has, or its cgroup, or the limit of the
// address space (RLIMIT_AS), whichever is least.
std::uint64_t memory_budget();
void set_memory_budget(std::uint64_t bytes);  // --max-memory

// Error "where: needs 5.2 GB for `what`, more than the 4.0 GB that --max-memory allows; `remedy`" when
// `bytes` exceed the budget. `remedy` empty: give --max-memory, or a smaller file.
void require_memory(const std::string& where, const std::string& what, double bytes,
                    const std::string& remedy = "");

std::string memory_text(double bytes);  // "5.2 GB", "300 MB"

// "4G", "512M", "1.5GB", "8000000000". Usage error: another form, or below 64 MB.
std::uint64_t parse_memory(const std::string& text, const std::string& flag);

}  // namespace gdd
