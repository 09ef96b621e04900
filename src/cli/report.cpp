#include "cli/report.h"

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/log.h"
#include "cli/file_roles.h"
#include "cli/shared_flags.h"
#include "report/html_report.h"
#include "report/read_report.h"

namespace gdd {
namespace {

constexpr const char* kExamples = R"(Examples:
  gdd-eval report a.json b.json c.json --html compared.html     # --json of gdd-eval, gdd-fid, gdd-is, gdd-pr
  gdd-eval report results/validation_fid.json --html all.html   # every evaluation of a list)";

// Two of one name are told apart by a number.
std::vector<std::pair<std::string, Report>> read_all(const std::vector<std::string>& paths) {
  std::vector<std::pair<std::string, Report>> reports;
  std::map<std::string, int> seen;
  for (const std::string& path : paths)
    for (auto& [name, report] : read_reports(path)) {
      const int times = ++seen[name];
      reports.emplace_back(times > 1 ? name + " (" + std::to_string(times) + ")" : name, std::move(report));
    }
  return reports;
}

}  // namespace

int report_main(int argc, char** argv) {
  CLI::App app("One page of several reports, side by side", "gdd-eval report");
  app.footer(kExamples);
  std::vector<std::string> paths;
  std::string html, title = "Reports side by side";
  app.add_option("FILES", paths, "Reports in JSON")->type_name("FILE")->required();
  app.add_option("--html", html, "The page to write")->type_name("FILE")->required();
  app.add_option("--title", title, "Its title")->capture_default_str();
  if (const auto code = parse_flags(app, argc, argv)) return *code;

  FileRoles files;
  for (const std::string& path : paths) files.input("FILES", path);
  files.output("--html", html);
  files.check();
  const auto reports = read_all(paths);
  NamedReports named;
  for (const auto& [name, report] : reports) named.emplace_back(name, &report);
  write_file_atomically(html, as_bytes(to_html(named, {title, command_line()})));
  log_info("report: " + html);
  return 0;
}

}  // namespace gdd
