#include "detectors/demo_weights.h"

#include <cstddef>

// The assembler puts the file between two names.
asm(".pushsection .rodata\n"
    ".balign 16\n"
    ".globl gdd_demo_weights_begin\n"
    "gdd_demo_weights_begin:\n"
    ".incbin \"" GDD_DEMO_WEIGHTS
    "\"\n"
    ".globl gdd_demo_weights_end\n"
    "gdd_demo_weights_end:\n"
    ".popsection\n");

extern "C" const std::byte gdd_demo_weights_begin[], gdd_demo_weights_end[];

namespace gdd {

Bytes demo_weights() { return {gdd_demo_weights_begin, gdd_demo_weights_end}; }

}  // namespace gdd
