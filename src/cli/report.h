// gdd-eval report: flags -> one page of several reports.
#pragma once

namespace gdd {

int report_main(int argc, char** argv);

}  // namespace gdd
