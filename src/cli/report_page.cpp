#include "cli/report_page.h"

#include <filesystem>

#include "base/atomic_file.h"
#include "cli/shared_flags.h"
#include "report/html_report.h"

namespace gdd {

void write_page(const std::string& path, const Report& report, const std::string& title) {
  write_file_atomically(path, as_bytes(to_html(report, {title, command_line()})));
}

std::string page_in(const std::string& outdir, const std::string& what) {
  return (std::filesystem::path(outdir) / ("report" + (what.empty() ? "" : "-" + what) + ".html")).string();
}

}  // namespace gdd
