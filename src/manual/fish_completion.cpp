#include "base/joined.h"
#include "manual/pages.h"
#include "manual/shell_text.h"

namespace gdd {
namespace {

// Within single quotes.
std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

// A program with commands asks whether its first word is to come, or is one of NAMES...; a flag of several
// values, whether it stands in some PLACE before the cursor, counted from the end: -2 for the second value.
constexpr const char* kQuestions = R"(function PREFIX_begins
    test (count (commandline -opc)) -eq 1
end
function PREFIX_at
    set -l words (commandline -opc)
    set -q words[2]; and contains -- $words[2] $argv
end
function PREFIX_behind --argument-names place flag
    set -l words (commandline -opc)
    test "$words[$place]" = $flag
end

)";

std::string questions(const std::string& prefix) {
  std::string text = kQuestions;
  const std::string placeholder = "PREFIX";
  for (std::size_t at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder))
    text.replace(at, placeholder.size(), prefix);
  return text;
}

std::string action_of(const Value& value) {
  if (value.list) return " -x -a '(__fish_append , " + joined(value.choices, " ") + ")'";
  if (!value.choices.empty()) return " -x -a '" + joined(value.choices, " ") + "'";
  if (value.kind == Value::Kind::kFile) return " -r -F";
  return value.kind == Value::Kind::kFolder ? " -x -a '(__fish_complete_directories)'" : " -x";
}

class Script {
 public:
  explicit Script(const Command& program) : program_(program), prefix_("__" + identifier(program.name)) {}

  std::string text() {
    text_ = "# fish completion of " + program_.name + ", made of its own flags.\n" + questions(prefix_);
    for (const Command& command : program_.commands)
      line(prefix_ + "_begins", "-f -a " + command.word() + " -d '" + escaped(command.description) + "'");
    for (const Command* command : all_commands(program_)) add(*command);
    return text_;
  }

 private:
  // Under which a command's flags are offered; of the program itself that which must not hold.
  std::string condition(const Command& command) const {
    return prefix_ + "_at " + (&command == &program_ ? joined(command_words(program_), " ") : command.word());
  }

  void add(const Command& command) {
    const bool is_program = &command == &program_;
    const std::string here = program_.commands.empty() ? "" : (is_program ? "not " : "") + condition(command);
    const bool takes_files = !command.words.empty();
    line(here, takes_files ? "-F" : "-f");
    for (const Flag& flag : command.flags) {
      std::string names;
      for (const std::string& name : flag.names)
        names += name.starts_with("--") ? "-l " + name.substr(2) + " " : "-s " + name.substr(1) + " ";
      line(here, names + "-d '" + escaped(flag.description) + "'" +
                     (flag.values.empty() ? "" : action_of(flag.values[0])));
      for (std::size_t i = 1; i < flag.values.size(); ++i)
        for (const std::string& name : flag.names)
          if (flag.values[i].kind == Value::Kind::kFile)
            line((here.empty() ? "" : here + "; and ") + prefix_ + "_behind -" + std::to_string(i + 1) + " " +
                     name,
                 "-F");
    }
  }

  void line(const std::string& condition, const std::string& rest) {
    text_ += "complete -c " + program_.name + (condition.empty() ? "" : " -n '" + condition + "'") + " " +
             rest + "\n";
  }

  const Command& program_;
  std::string prefix_, text_;
};

}  // namespace

std::string fish_completion(const Command& program) { return Script(program).text(); }

}  // namespace gdd
