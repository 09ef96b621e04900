#include "base/joined.h"
#include "manual/pages.h"
#include "manual/shell_text.h"

namespace gdd {
namespace {

// The script walks through the words before the cursor: which command they name, how many values the last
// flag still wants (`left`), or which of the words that stand for themselves is next (`place`). Keys of its
// tables are COMMAND FLAG, COMMAND FLAG NUMBER and COMMAND PLACE; COMMAND is empty for the program itself.
constexpr const char* kWalk = R"(
  local current=${COMP_WORDS[COMP_CWORD]} command='' flag='' left=0 number=0 place=0 word i
  if [[ $current == '=' ]]; then current=''; fi # of --flag=value, which readline takes apart
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == '=' ]]; then continue; fi
    if ((left > 0)); then
      ((left--, number++))
      continue
    fi
    case "$command $word" in
)";

constexpr const char* kOffer = R"(
  case $offer in
    words) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current") ;;
    list)
      local before=''
      if [[ $current == *,* ]]; then before=${current%,*},; fi
      compopt -o nospace 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -P "$before" -W "$words" -- "${current##*,}")
      ;;
    files) compopt -o default 2>/dev/null ;;
    folders) compopt -o dirnames 2>/dev/null ;;
  esac
}
)";

std::string offer_of(const Value& value) {
  if (!value.choices.empty())
    return std::string("offer=") + (value.list ? "list" : "words") + " words='" + joined(value.choices, " ") +
           "'";
  if (value.kind == Value::Kind::kFile) return "offer=files";
  return value.kind == Value::Kind::kFolder ? "offer=folders" : "offer=nothing";
}

std::string key_of(const Command& program, const Command& command) {
  return &program == &command ? "" : command.word();
}

std::string quoted_key(const std::string& command, const std::string& rest) {
  return "'" + command + " " + rest + "'";
}

// What the walk does at a word.
std::string steps(const Command& program) {
  std::string text;
  for (const std::string& word : command_words(program))
    text += "      " + quoted_key("", word) + ") command=" + word + " ;;\n";
  for (const Command* command : all_commands(program))
    for (const Flag& flag : command->flags) {
      if (flag.values.empty()) continue;
      for (const std::string& name : flag.names)
        text += "      " + quoted_key(key_of(program, *command), name) +
                ") flag=$word left=" + std::to_string(flag.values.size()) + " number=0 ;;\n";
    }
  return text + "      *' -'*) ;;\n      *) ((place++)) ;;\n    esac\n  done\n";
}

std::string values_table(const Command& program) {
  std::string text = "    case \"$command $flag $number\" in\n";
  for (const Command* command : all_commands(program))
    for (const Flag& flag : command->flags)
      for (const std::string& name : flag.names)
        for (std::size_t i = 0; i < flag.values.size(); ++i)
          text += "      " + quoted_key(key_of(program, *command), name + " " + std::to_string(i)) + ") " +
                  offer_of(flag.values[i]) + " ;;\n";
  return text + "    esac\n";
}

std::string flags_table(const Command& program) {
  std::string text = "    case $command in\n";
  for (const Command* command : all_commands(program))
    text += "      '" + key_of(program, *command) + "') offer=words words='" +
            joined(flag_names(*command), " ") + "' ;;\n";
  return text + "    esac\n";
}

// The last word of a command is taken again and again where it repeats. Commands are first words alone.
std::string words_table(const Command& program) {
  std::string text = "    case \"$command $place\" in\n";
  if (!program.commands.empty())
    text += "      ' 0') if ((COMP_CWORD == 1)); then offer=words words='" +
            joined(command_words(program), " ") + "'; fi ;;\n";
  for (const Command* command : all_commands(program))
    for (std::size_t i = 0; i < command->words.size(); ++i) {
      const Flag& word = command->words[i];
      const std::string place =
          "'" + key_of(program, *command) + " '" + (word.repeats ? "*" : std::to_string(i));
      text += "      " + place + ") " + offer_of(word.values.at(0)) + " ;;\n";
    }
  return text + "    esac\n";
}

}  // namespace

std::string bash_completion(const Command& program) {
  const std::string function = "_" + identifier(program.name);
  return "# bash completion of " + program.name + ", made of its own flags.\n" + function + "() {" + kWalk +
         steps(program) + "  local offer=nothing words=''\n  COMPREPLY=()\n  if ((left > 0)); then\n" +
         values_table(program) + "  elif [[ $current == -* ]]; then\n" + flags_table(program) + "  else\n" +
         words_table(program) + "  fi" + kOffer + "complete -F " + function + " " + program.name + "\n";
}

}  // namespace gdd
