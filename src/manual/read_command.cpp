#include "manual/read_command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <string_view>

#include "cli/shared_flags.h"
#include "gdd/error.h"

namespace gdd {
namespace {

// CLI11 lends them one by one, and says that there are no more by an exception.
std::vector<CLI::Validator*> validators_of(CLI::Option& option) {
  std::vector<CLI::Validator*> validators;
  try {
    for (int i = 0;; ++i) validators.push_back(option.get_validator(i));
  } catch (const CLI::OptionNotFound&) {
    return validators;
  }
}

// IsMember describes itself as "{a,b,c}".
std::optional<std::vector<std::string>> members(const CLI::Validator& validator) {
  const std::string text = validator.get_description();
  if (!text.starts_with('{') || !text.ends_with('}')) return std::nullopt;
  return CLI::detail::split(text.substr(1, text.size() - 2), ',');
}

// What all checks allow; where no check lists anything, what is suggested.
std::vector<std::string> choices_of(CLI::Option& option) {
  std::optional<std::vector<std::string>> allowed;
  std::vector<std::string> offered;
  for (const CLI::Validator* validator : validators_of(option)) {
    const auto listed = members(*validator);
    if (listed && allowed)
      std::erase_if(*allowed,
                    [&](const std::string& each) { return std::ranges::count(*listed, each) == 0; });
    else if (listed)
      allowed = listed;
    const std::vector<std::string> suggestions = suggested(*validator);
    offered.insert(offered.end(), suggestions.begin(), suggestions.end());
  }
  if (allowed) return *allowed;
  if (offered.empty() && option.get_type_name().starts_with("BOOL")) return {"true", "false"};
  return offered;
}

// "FILE", "FILES", "FILE.npz", "DIR": what of the file system a value names, by the name that --help gives
// it.
Value::Kind kind_of(const std::string& name) {
  if (name.starts_with("FILE")) return Value::Kind::kFile;
  return name == "DIR" ? Value::Kind::kFolder : Value::Kind::kText;
}

constexpr bool unlimited(int count) { return count >= CLI::detail::expected_max_vector_size; }

// Of several values each has a word of its own in the name of the type: "RxC FILE.png".
std::vector<Value> values_of(CLI::Option& option) {
  if (option.get_type_size() == 0) return {};
  const int most = option.get_items_expected_max();
  const std::size_t count = unlimited(most) ? 1 : static_cast<std::size_t>(most);
  const std::string type = option.get_type_name();
  std::vector<std::string> names{type};
  if (count > 1) names = CLI::detail::split_up(type);
  std::vector<Value> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i].name = names[std::min(i, names.size() - 1)];
    values[i].kind = kind_of(values[i].name);
    if (option.get_positional() && values[i].kind == Value::Kind::kText)
      values[i].kind = kind_of(option.get_name(true));
    values[i].choices = choices_of(option);
    values[i].list = option.get_delimiter() == ',' && !values[i].choices.empty();
  }
  return values;
}

// They stand unquoted in what is written for shells.
const std::string& checked(const std::string& word) {
  constexpr std::string_view kPlain = "-_.+/:@%";
  const bool plain = !word.empty() && std::ranges::all_of(word, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kPlain.find(c) != std::string_view::npos;
  });
  if (!plain) throw Error("'" + word + "'", "no name or value that every shell takes as it is");
  return word;
}

std::vector<std::string> names_of(const CLI::Option& option) {
  if (option.get_positional()) return {checked(option.get_name(true))};
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + checked(name));
  for (const std::string& name : option.get_lnames()) names.push_back("--" + checked(name));
  return names;
}

std::string in_one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

// As --help has it, but for the order of flags that it cannot stand beside: CLI11's is that of their
// addresses.
std::string signature_of(const CLI::Option& option, const std::vector<std::string>& excludes) {
  const std::string text = CLI::Formatter().make_option_opts(&option), head = " Excludes:";
  if (excludes.empty()) return text;
  return text.substr(0, text.find(head)) + head + " " + CLI::detail::join(excludes, " ");
}

Flag read_flag(CLI::Option& option) {
  Flag flag;
  flag.names = names_of(option);
  flag.description = in_one_line(option.get_description());
  flag.values = values_of(option);
  for (const Value& value : flag.values)
    for (const std::string& choice : value.choices) checked(choice);
  flag.repeats = unlimited(option.get_items_expected_max());
  for (const CLI::Option* other : option.get_excludes())
    for (const std::string& name : names_of(*other)) flag.excludes.push_back(name);
  std::ranges::sort(flag.excludes);
  flag.signature = signature_of(option, flag.excludes);
  return flag;
}

Command read_app(CLI::App& app, const std::string& name) {
  Command command;
  command.name = name;
  command.usage = CLI::Formatter().make_usage(&app, name);
  command.usage = CLI::detail::trim_copy(command.usage.substr(command.usage.find(':') + 1));
  command.description = in_one_line(app.get_description());
  command.footer = app.get_footer();
  for (CLI::Option* option : app.get_options([](CLI::Option*) { return true; }))
    (option->get_positional() ? command.words : command.flags).push_back(read_flag(*option));
  for (CLI::App* each : app.get_subcommands([](CLI::App*) { return true; }))
    command.commands.push_back(read_app(*each, name + " " + checked(each->get_name())));
  return command;
}

// The flags that a program parses when it is called with these words.
Command read_call(std::vector<std::string> words, int (*run)(int argc, char** argv)) {
  Command command;
  read_flags_only([&command](CLI::App& app) { command = read_app(app, app.get_name()); });
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  run(static_cast<int>(words.size()), arguments.data());
  read_flags_only(nullptr);
  return command;
}

}  // namespace

Command read_command(const std::string& program, int (*run)(int argc, char** argv)) {
  Command command = read_call({program}, run);
  if (command.name != program) throw Error(program, "calls itself '" + command.name + "'");
  for (Command& each : command.commands) {
    Command own = read_call({program, each.word()}, run);
    if (own.name == each.name) each = own;
    if (!each.commands.empty())
      throw Error(each.name, "has commands of its own, which completions do not know");
  }
  return command;
}

}  // namespace gdd
