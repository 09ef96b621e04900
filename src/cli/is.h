// gdd-is: the Inception Score of images.
#pragma once

namespace gdd {

int is_main(int argc, char** argv);

}  // namespace gdd
