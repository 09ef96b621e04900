// gdd-eval watch: the scores of every snapshot that a training writes into a folder.
#pragma once

namespace gdd {

int watch_main(int argc, char** argv);

}  // namespace gdd
