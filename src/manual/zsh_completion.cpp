#include "base/joined.h"
#include "manual/pages.h"
#include "manual/shell_text.h"

namespace gdd {
namespace {

// Within single quotes, and with `special` characters taken as they are.
std::string escaped(const std::string& text, const std::string& special) {
  std::string result;
  for (const char c : text) {
    if (c == '\'') {
      result += "'\\''";
      continue;
    }
    if (special.find(c) != std::string::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string action_of(const Value& value) {
  if (value.list) return "_sequence compadd - " + joined(value.choices, " ");
  if (!value.choices.empty()) return "(" + joined(value.choices, " ") + ")";
  if (value.kind == Value::Kind::kFile) return "_files";
  return value.kind == Value::Kind::kFolder ? "_path_files -/" : " ";
}

std::string message_of(const Value& value) {
  return ":" + escaped(value.name, "\\:") + ":" + action_of(value);
}

// Names of one flag exclude one another, and those that it cannot stand beside.
std::string flag_spec(const Flag& flag, const std::string& name) {
  std::vector<std::string> others = flag.excludes;
  if (!flag.repeats) others.insert(others.end(), flag.names.begin(), flag.names.end());
  std::string spec = "'";
  if (!others.empty()) spec += "(" + joined(others, " ") + ")";
  spec += (flag.repeats ? "*" : "") + name;
  if (!flag.values.empty() && name.starts_with("--")) spec += "=";
  spec += "[" + escaped(flag.description, "\\[]") + "]";
  for (const Value& value : flag.values) spec += message_of(value);
  return spec + "'";
}

std::string arguments(const Command& command, const std::string& indent) {
  std::string text;
  for (const Flag& flag : command.flags)
    for (const std::string& name : flag.names) text += " \\\n" + indent + flag_spec(flag, name);
  for (const Flag& word : command.words)
    text += " \\\n" + indent + "'" + (word.repeats ? "*" : "") + message_of(word.values.at(0)) + "'";
  return text;
}

std::string descriptions(const std::vector<Command>& commands) {
  std::string text;
  for (const Command& command : commands)
    text += " \\\n        '" + command.word() + ":" + escaped(command.description, "\\:") + "'";
  return text;
}

}  // namespace

std::string zsh_completion(const Command& program) {
  std::string text =
      "#compdef " + program.name + "\n# zsh completion of " + program.name + ", made of its own flags.\n\n";
  if (program.commands.empty()) return text + "_arguments" + arguments(program, "  ") + "\n";
  text +=
      "local curcontext=$curcontext state line\ntypeset -A opt_args\n\n"
      "_arguments -C" +
      arguments(program, "  ") +
      " \\\n  '1:command:->command' \\\n  '*::arguments:->arguments' && return\n\n"
      "case $state in\n  command)\n    ((CURRENT == 2)) || return 1  # behind a flag there is none\n"
      "    local -a commands\n    commands=(" +
      descriptions(program.commands) +
      "\n    )\n    _describe command commands\n    ;;\n  arguments)\n    case $line[1] in\n";
  for (const Command& command : program.commands)
    text += "      " + command.word() + ")\n        _arguments" + arguments(command, "          ") +
            "\n        ;;\n";
  return text + "    esac\n    ;;\nesac\n";
}

}  // namespace gdd
