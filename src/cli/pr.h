// gdd-pr: precision and recall of images against a reference; under protocol prdc density and coverage too.
#pragma once

namespace gdd {

int pr_main(int argc, char** argv);

}  // namespace gdd
