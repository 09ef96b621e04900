// The markup that pages are made of: every text is escaped here, whoever wrote it. Internal to this room.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"

namespace gdd::html {

// The whole page around `body`, with its style and the script that sorts tables where a head is clicked.
std::string page(const std::string& title, const std::string& body);

std::string escaped(const std::string& text);

// Empty where there is no content, which is markup.
std::string section(const std::string& title, const std::string& content);
std::string note(const std::string& text);  // empty: none

// Cells of a row: text; a number, which sorts by its value.
std::string cell(const std::string& text);
std::string cell(double value, const char* format = "%.6g");

// A cell that leads to a file, seen from the folder of the page.
std::string link_cell(const std::string& text, const std::string& file);

// Empty where there are no rows, which are cells.
std::string table(const std::vector<std::string>& heads, const std::vector<std::string>& rows);

std::string image(const std::string& title, Bytes png);

}  // namespace gdd::html
