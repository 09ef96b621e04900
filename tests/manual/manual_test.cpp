// Of a program made for this: what is read of its flags, and that shells are given it in a form they take.
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/shared_flags.h"
#include "gdd/error.h"
#include "manual/pages.h"
#include "manual/read_command.h"

namespace gdd {
namespace {

bool ran = false;

int other_main(int argc, char** argv) {
  CLI::App app("Does something else", "tool other");
  std::vector<std::string> files;
  app.add_option("FILES", files, "Files of it")->type_name("FILE")->required();
  if (const auto code = parse_flags(app, argc, argv)) return *code;
  ran = true;
  return 0;
}

int tool_main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "other") return other_main(argc - 1, argv + 1);
  CLI::App app("Does it, it's [said]: \\always", "tool");
  app.footer("Examples:\n  tool -x 'a'\n.not a request");
  std::string mode, device, grey, folder;
  std::vector<std::string> metrics, grid;
  bool ema = true, fast = false;
  app.add_flag("-x,--fast", fast, "Don't wait; 100 % [sic] of `it`");
  app.add_option("--mode", mode, "How")
      ->check(CLI::IsMember({"a", "b", "c"}))
      ->check(CLI::IsMember({"b", "c", "d"}))
      ->check(suggest({"e"}));
  app.add_option("--device", device, "Where")->check(suggest({"cpu", "cuda"}))->check(suggest({"auto"}));
  app.add_option("--metrics", metrics, "What")->delimiter(',')->check(suggest({"fid", "kid"}));
  app.add_option("--grid", grid, "Drawn")->expected(2)->type_name("RxC FILE.png");
  app.add_option("--cache", folder, "Kept")->type_name("DIR");
  app.add_option("--ema", ema, "Averaged");
  app.get_option("--mode")->excludes(app.get_option("--device"));
  app.add_subcommand("other", "Another");
  CLI::App* const inner = app.add_subcommand("inner", "A part");
  inner->add_option("IN", grey, "Its file")->type_name("FILE")->required();
  inner->add_option("DIR", folder, "Its folder");  // a name of itself
  if (const auto code = parse_flags(app, argc, argv)) return *code;
  ran = true;
  return 0;
}

const Command& tool() {
  static const Command command = read_command("tool", tool_main);
  return command;
}

const Flag& flag_of(const Command& command, const std::string& name) {
  for (const Flag& flag : command.flags)
    if (flag.names.back() == name) return flag;
  throw Error(name, "is not there");
}

using Words = std::vector<std::string>;

TEST(ReadCommand, RunsNothing) {
  ran = false;
  read_command("tool", tool_main);
  EXPECT_FALSE(ran);
  std::string name = "tool";
  char* arguments[] = {name.data(), nullptr};
  tool_main(1, arguments);  // afterwards flags are parsed as ever
  EXPECT_TRUE(ran);
}

TEST(ReadCommand, ReadsFlagsAndTheirValues) {
  EXPECT_EQ(flag_of(tool(), "--fast").names, (Words{"-x", "--fast"}));
  EXPECT_TRUE(flag_of(tool(), "--fast").values.empty());
  EXPECT_EQ(flag_of(tool(), "--mode").values.at(0).choices, (Words{"b", "c"}));  // what all checks allow
  EXPECT_EQ(flag_of(tool(), "--mode").excludes, Words{"--device"});
  EXPECT_EQ(flag_of(tool(), "--device").values.at(0).choices, (Words{"cpu", "cuda", "auto"}));
  EXPECT_FALSE(flag_of(tool(), "--device").values.at(0).list);
  EXPECT_TRUE(flag_of(tool(), "--metrics").values.at(0).list);
  EXPECT_TRUE(flag_of(tool(), "--metrics").repeats);
  EXPECT_EQ(flag_of(tool(), "--ema").values.at(0).choices, (Words{"true", "false"}));
  EXPECT_EQ(flag_of(tool(), "--cache").values.at(0).kind, Value::Kind::kFolder);
  const std::vector<Value>& grid = flag_of(tool(), "--grid").values;
  ASSERT_EQ(grid.size(), 2U);
  EXPECT_EQ(grid[0].kind, Value::Kind::kText);
  EXPECT_EQ(grid[1].kind, Value::Kind::kFile);
}

TEST(ReadCommand, ReadsCommandsWhereverTheirFlagsAre) {
  ASSERT_EQ(tool().commands.size(), 2U);
  const Command& other = tool().commands[0];
  EXPECT_EQ(other.name, "tool other");
  EXPECT_EQ(other.usage, "tool other [OPTIONS] FILES...");
  ASSERT_EQ(other.words.size(), 1U);
  EXPECT_TRUE(other.words[0].repeats);
  const Command& inner = tool().commands[1];
  EXPECT_EQ(inner.name, "tool inner");
  ASSERT_EQ(inner.words.size(), 2U);
  EXPECT_FALSE(inner.words[0].repeats);
  EXPECT_EQ(inner.words[0].values.at(0).kind, Value::Kind::kFile);
  EXPECT_EQ(inner.words[1].values.at(0).kind, Value::Kind::kFolder);
}

int unsafe_main(int argc, char** argv) {
  CLI::App app("It", "unsafe");
  std::string value;
  app.add_option("--value", value, "It")->check(suggest({"a;b"}));
  return parse_flags(app, argc, argv).value_or(0);
}

int deep_main(int argc, char** argv) {
  CLI::App app("It", "deep");
  app.add_subcommand("one", "It")->add_subcommand("two", "It");
  return parse_flags(app, argc, argv).value_or(0);
}

TEST(ReadCommand, RefusesWhatCannotBeCompleted) {
  EXPECT_THROW(read_command("unsafe", unsafe_main), Error);
  EXPECT_THROW(read_command("deep", deep_main), Error);
  EXPECT_THROW(read_command("another", tool_main), Error);
}

void expect_in(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << part << " in:\n" << text;
}

TEST(Pages, EscapeDescriptions) {
  expect_in(zsh_completion(tool()), R"([Don'\''t wait; 100 % \[sic\] of `it`])");
  expect_in(fish_completion(tool()), R"(-s x -l fast -d 'Don\'t wait; 100 % [sic] of `it`')");
  const std::string page = man_page(tool(), "1.2", {"tool", "saw"});
  expect_in(page, R"(\fB\-x\fR, \fB\-\-fast\fR)");
  expect_in(page, R"(Don\(aqt wait; 100 % [sic] of \(gait\(ga)");
  expect_in(page, R"(it\(aqs [said]: \ealways)");
  expect_in(page, "\n\\&.not a request\n");
  expect_in(page, "\n\\fBsaw\\fR(1)\n");  // the others, and not itself
}

}  // namespace
}  // namespace gdd
