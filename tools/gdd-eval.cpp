#include "cli/eval.h"
#include "cli/main_guard.h"

int main(int argc, char** argv) { gdd::main_guard(argc, argv, gdd::eval_main); }
