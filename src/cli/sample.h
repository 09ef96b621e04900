// gdd-sample: images from seeds.
#pragma once

namespace gdd {

int sample_main(int argc, char** argv);

}  // namespace gdd
