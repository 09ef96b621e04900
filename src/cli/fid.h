// gdd-fid: Frechet distances of images against a reference, and the files that go with them.
#pragma once

namespace gdd {

int fid_main(int argc, char** argv);

}  // namespace gdd
