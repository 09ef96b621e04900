#include "cli/main_guard.h"
#include "cli/sample.h"

int main(int argc, char** argv) { gdd::main_guard(argc, argv, gdd::sample_main); }
