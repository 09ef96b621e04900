#include "expect_error.h"
#include "report/html_report.h"
#include "report/read_report.h"

// A report's JSON, and the pages that are made of it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return run_target(data, size, [](gdd::Bytes bytes) {
    const auto reports = gdd::parse_reports(std::string(gdd::as_text(bytes)), "fuzz");
    gdd::NamedReports named;
    for (const auto& [name, report] : reports) {
      gdd::to_html(report, {name, "fuzz"});
      gdd::to_json(report);
      gdd::to_table(report);
      named.emplace_back(name, &report);
    }
    gdd::to_html(named, {"fuzz", ""});
  });
}
