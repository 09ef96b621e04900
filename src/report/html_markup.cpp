#include "report/html_markup.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "base/base64.h"
#include "base/number_text.h"
#include "base/printable.h"

namespace gdd::html {
namespace {

constexpr const char* kHead = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark; --ink: #1c1e21; --paper: #fff; --faint: #d8dbe0; --note: #5c6470;
  --line0: #1b6ca8; --line1: #c2571a; --line2: #3a7d44; --line3: #7b4fa3; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e6ea; --paper: #16181c; --faint: #363b44; --note: #9aa3af;
  --line0: #6cb3e8; --line1: #f0975f; --line2: #7fc98b; --line3: #b99adf; } }
@media print { :root { --ink: #000; --paper: #fff; --faint: #ccc; --note: #444; } section { break-inside: avoid; } }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
.table { overflow-x: auto; }
th, td { padding: .3rem .7rem .3rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--faint); }
th, td:not(:last-child) { white-space: nowrap; } td:last-child { overflow-wrap: anywhere; }
th { cursor: pointer; user-select: none; } .number { text-align: right; }
.note { color: var(--note); } a { color: var(--line0); } pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.warning { border-left: 4px solid var(--line1); padding-left: .8rem; }
img { max-width: 100%; image-rendering: pixelated; } svg { width: 100%; height: auto; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } .grid { stroke: var(--faint); fill: none; }
.curve { fill: none; stroke-width: 2; } .dashed .curve { stroke-dasharray: 6 4; }
.line0 { stroke: var(--line0); } .line1 { stroke: var(--line1); } .line2 { stroke: var(--line2); } .line3 { stroke: var(--line3); }
svg .line0 text { fill: var(--line0); stroke: none; } svg .line1 text { fill: var(--line1); stroke: none; }
svg .line2 text { fill: var(--line2); stroke: none; } svg .line3 text { fill: var(--line3); stroke: none; }
circle { fill: var(--paper); stroke-width: 2; } .cloud circle { stroke: none; fill-opacity: .55; }
.cloud .line0 circle { fill: var(--line0); } .cloud .line1 circle { fill: var(--line1); } .level { stroke-dasharray: 6 4; }
.gallery { display: flex; flex-wrap: wrap; gap: .6rem .5rem; } .group { display: flex; gap: 2px; } .pair { gap: .4rem; padding-right: .8rem; }
figure { margin: 0; width: 6.5rem; } figure img { width: 100%; min-width: 0; display: block; }
figure .empty { aspect-ratio: 1; border: 1px dashed var(--faint); }
figcaption { font-size: .68rem; line-height: 1.25; color: var(--note); overflow-wrap: anywhere; }
</style>
)";

// Numbers by their value, all else by its letters; a second click turns the order around.
constexpr const char* kScript = R"(<script>
for (const table of document.querySelectorAll('table'))
  table.querySelectorAll('th').forEach((head, column) => head.addEventListener('click', () => {
    const body = table.tBodies[0], key = row => row.cells[column].dataset.value ?? row.cells[column].textContent;
    const turn = head.getAttribute('aria-sort') === 'ascending' ? -1 : 1;
    table.querySelectorAll('th').forEach(other => other.removeAttribute('aria-sort'));
    head.setAttribute('aria-sort', turn === 1 ? 'ascending' : 'descending');
    const compare = (a, b) => a !== '' && b !== '' && !isNaN(a) && !isNaN(b) ? a - b : a.localeCompare(b);
    [...body.rows].sort((a, b) => turn * compare(key(a), key(b))).forEach(row => body.append(row));
  }));
</script>
)";

// As a relative reference of RFC 3986: what no name of a file can end, begin or mean.
std::string reference(const std::string& file) {
  constexpr std::string_view kPlain = "-._~/";
  std::string text = "./";  // else "a:b" would name a scheme
  for (const char c : file) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       kPlain.find(c) != std::string_view::npos;
    char code[4];
    std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
    text += plain ? std::string(1, c) : code;
  }
  return text;
}

constexpr std::string_view kNumberCell = "<td class=\"number\"";  // as it begins
constexpr std::size_t kLongest = std::size_t{1} << 20;            // bytes of one text

}  // namespace

std::string page(const std::string& title, const std::string& body) {
  return kHead + ("<title>" + escaped(title) + "</title></head><body>\n<h1>") + escaped(title) + "</h1>\n" +
         body + kScript + "</body></html>\n";
}

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : printable(text, kLongest)) {
    if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else if (c == '"')
      safe += "&quot;";
    else if (c == '\'')
      safe += "&#39;";
    else
      safe += c;
  }
  return safe;
}

std::string section(const std::string& title, const std::string& content) {
  return content.empty() ? "" : "<section><h2>" + escaped(title) + "</h2>\n" + content + "</section>\n";
}

std::string cell(const std::string& text) { return "<td>" + escaped(text) + "</td>"; }
std::string cell(double value, const char* format) {
  return std::string(kNumberCell) + " data-value=\"" + number_text("%.17g", value) + "\">" +
         number_text(format, value) + "</td>";
}

std::string link_cell(const std::string& text, const std::string& file) {
  return "<td><a href=\"" + reference(file) + "\">" + escaped(text) + "</a></td>";
}

std::string table(const std::vector<std::string>& heads, const std::vector<std::string>& rows) {
  if (rows.empty()) return "";
  std::string text = "<div class=\"table\"><table><thead><tr>";
  std::size_t place = 0;  // of the cell below, in the first row
  for (const std::string& head : heads) {
    const bool number = rows.front().compare(place, kNumberCell.size(), kNumberCell) == 0;
    text += (number ? "<th scope=\"col\" class=\"number\">" : "<th scope=\"col\">") + escaped(head) + "</th>";
    place = std::min(rows.front().find("<td", place + 1), rows.front().size());
  }
  text += "</tr></thead><tbody>\n";
  for (const std::string& row : rows) text += "<tr>" + row + "</tr>\n";
  return text + "</tbody></table></div>\n";
}

std::string note(const std::string& text) {
  return text.empty() ? "" : "<p class=\"note\">" + escaped(text) + "</p>\n";
}

std::string image(const std::string& title, Bytes png) {
  return "<img alt=\"" + escaped(title) + "\" src=\"data:image/png;base64," + base64(png) + "\">";
}

}  // namespace gdd::html
