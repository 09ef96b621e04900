#include "cli/main_guard.h"
#include "cli/pr.h"

int main(int argc, char** argv) { gdd::main_guard(argc, argv, gdd::pr_main); }
