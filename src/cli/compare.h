#pragma once

namespace gdd {

// gdd-eval compare. `argv[0]` is the word itself.
int compare_main(int argc, char** argv);

}  // namespace gdd
