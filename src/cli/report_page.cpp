#include "cli/report_page.h"

#include <filesystem>
#include <system_error>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "cli/shared_flags.h"
#include "report/html_report.h"

namespace gdd {

void write_page(const std::string& path, const Report& report, const std::string& title,
                const std::string& grid) {
  constexpr std::uint64_t kLargestPicture = 2 << 20;
  HtmlPage page{title, command_line(), {}};
  std::error_code absent;
  if (!grid.empty() && std::filesystem::file_size(grid, absent) <= kLargestPicture && !absent) {
    const MappedFile file(grid);
    page.pictures.push_back(
        {"The first images", std::vector<std::byte>(file.bytes().begin(), file.bytes().end())});
  }
  write_file_atomically(path, as_bytes(to_html(report, page)));
}

std::string page_in(const std::string& outdir, const std::string& what) {
  return (std::filesystem::path(outdir) / ("report" + (what.empty() ? "" : "-" + what) + ".html")).string();
}

}  // namespace gdd
