#include <algorithm>
#include <cctype>

#include "base/joined.h"
#include "manual/pages.h"
#include "manual/shell_text.h"

namespace gdd {
namespace {

// A hyphen that may be copied into a shell, and no line that would be a request of roff.
std::string roff(const std::string& text) {
  std::string result;
  bool begins = true;
  for (const char c : text) {
    if (begins && (c == '.' || c == '\'')) result += "\\&";
    begins = c == '\n';
    if (c == '\\')
      result += "\\e";
    else if (c == '-')
      result += "\\-";
    else if (c == '\'')
      result += "\\(aq";
    else if (c == '^' || c == '~' || c == '`')
      result += c == '^' ? "\\(ha" : c == '~' ? "\\(ti" : "\\(ga";
    else
      result += c;
  }
  return result;
}

std::string bold(const std::string& text) { return "\\fB" + roff(text) + "\\fR"; }

std::string capitals(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string entry(const Flag& flag) {
  std::string names;
  for (const std::string& name : flag.names) names += (names.empty() ? "" : ", ") + bold(name);
  return ".TP\n" + names + roff(flag.signature) + "\n" + roff(flag.description) + "\n";
}

std::string entries(const Command& command) {
  std::string text;
  for (const Flag& word : command.words) text += entry(word);
  for (const Flag& flag : command.flags) text += entry(flag);
  return text;
}

// The footer of --help, as it stands there; "Examples:" is its heading here.
std::string examples(const std::string& footer, const std::string& heading) {
  constexpr const char* kTitle = "Examples:\n";
  std::string text = footer;
  if (text.starts_with(kTitle)) text.erase(0, std::string(kTitle).size());
  while (text.ends_with('\n')) text.pop_back();
  return text.empty() ? "" : heading + ".nf\n" + roff(text) + "\n.fi\n";
}

std::string section(const Command& command) {
  return ".SS " + roff(command.name) + "\n.B " + roff(command.usage) + "\n.PP\n" + roff(command.description) +
         "\n" + entries(command) + examples(command.footer, ".PP\nExamples:\n.PP\n");
}

}  // namespace

std::string man_page(const Command& program, const std::string& version,
                     const std::vector<std::string>& others) {
  std::string text = ".\\\" Made of the program's own flags.\n.TH " + capitals(roff(program.name)) +
                     " 1 \"\" \"gdd " + version + "\" \"User Commands\"\n.nh\n.ad l\n.SH NAME\n" +
                     roff(program.name) + " \\- " + roff(program.description) + "\n.SH SYNOPSIS\n.B " +
                     roff(program.usage) + "\n";
  if (!program.commands.empty()) {
    text += ".SH COMMANDS\n";
    for (const Command& command : program.commands)
      text += ".TP\n" + bold(command.word()) + "\n" + roff(command.description) + "\n";
  }
  text += ".SH OPTIONS\n" + entries(program);
  if (!program.commands.empty()) {
    text += ".SH OPTIONS OF COMMANDS\n";
    for (const Command& command : program.commands) text += section(command);
  }
  text += examples(program.footer, ".SH EXAMPLES\n");
  text +=
      ".SH EXIT STATUS\n0: done; 1: failed; 2: a wrong flag; 128 and the number of a signal: stopped by "
      "it.\n.SH SEE ALSO\n";
  std::vector<std::string> pages;
  for (const std::string& other : others)
    if (other != program.name) pages.push_back("\\fB" + roff(other) + "\\fR(1)");
  return text + joined(pages) + "\n";
}

}  // namespace gdd
