// gdd-eval: a checkpoint to all its scores in one pass.
#pragma once

namespace gdd {

int eval_main(int argc, char** argv);

}  // namespace gdd
