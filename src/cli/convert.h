// gdd-convert: a snapshot as a TorchScript file, and a look into either.
#pragma once

namespace gdd {

int convert_main(int argc, char** argv);

}  // namespace gdd
