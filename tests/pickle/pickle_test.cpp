#include "pickle/pickle.h"

#include <gtest/gtest.h>

#include <string>

#include "base/limits.h"
#include "base/mapped_file.h"
#include "gdd/error.h"
#include "pickle/describe.h"

namespace gdd::pickle {
namespace {

using std::string_literals::operator""s;

// Knows one callable, one name, and nothing else.
GlobalUse policy(std::string_view module, std::string_view name) {
  if (module == "known" && name == "call") return GlobalUse::kCallable;
  if (module == "known" && name == "name") return GlobalUse::kNameOnly;
  return GlobalUse::kUnknown;
}

Pickle read(const std::string& bytes) {
  ByteReader reader(as_bytes(bytes), "x.pkl");
  return read_pickle(reader, policy);
}

std::string described(const std::string& bytes) { return describe(read(bytes).root()); }

std::string error_of(const std::string& bytes) {
  try {
    return "no error: " + described(bytes);
  } catch (const Error& error) {
    return error.what();
  }
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

// tests/data/pickle/make.py
const char* const kEveryProtocol =
    "{'none' None 'flags' (True False) 'ints' [0 -1 255 65535 65536 -2147483648 2147483648 "
    "4611686018427387904 "
    "-9223372036854775808] %'floats' [0.5 -1e+300 inf] 'text' 'h\u00e4\n\\u\U0001f600' 'empty' [() [] {} ''] "
    "'nested' "
    "((1) (1 2) (1 2 3) (1 2 3 4)) 'shared' [[1 2] [1 2]] 'ordered' <collections OrderedDict>() {'b' 1 'a' "
    "2} 'long "
    "text' '";

std::string expected_values(int protocol) {
  std::string text = kEveryProtocol;
  text.replace(text.find('%'), 1, protocol > 1 ? "'big' big(10) " : "");
  text += std::string(300, 'x') + "'";
  if (protocol > 2) text += " 'bytes' b'" + repeated("\x00\xff"s, 200) + "' 'few' b'\x80'";
  if (protocol > 3) text += " 'set' set(7) 'frozen' set(8)";
  if (protocol > 4) text += " 'array' b'abc'";
  return text + "}";
}

TEST(Pickle, ReadsEveryProtocolAlike) {
  for (int protocol = 0; protocol <= 5; ++protocol) {
    const MappedFile file(std::string(GDD_TEST_DATA) + "/pickle/values.protocol" + std::to_string(protocol) +
                          ".pkl");
    ByteReader reader(file.bytes(), file.path());
    const Pickle pickle = read_pickle(reader, [](std::string_view module, std::string_view) {
      return module == "collections" ? GlobalUse::kCallable : GlobalUse::kUnknown;
    });
    EXPECT_EQ(describe(pickle.root()), expected_values(protocol)) << "protocol " << protocol;
    EXPECT_TRUE(reader.at_end());
  }
}

TEST(Pickle, LeavesTheReaderBehindTheEnd) {
  ByteReader reader(as_bytes("K\1.K\2."), "x.pkl");
  EXPECT_EQ(describe(read_pickle(reader, policy).root()), "1");
  EXPECT_EQ(describe(read_pickle(reader, policy).root()), "2");
  EXPECT_TRUE(reader.at_end());
}

TEST(Pickle, BytesAreViewsOfTheInput) {
  const std::string input = "C\3abc.";
  const Pickle pickle = read(input);
  EXPECT_EQ(as_text(*pickle.root().bytes()).data(), input.data() + 2);
}

TEST(Pickle, CallsAreRecordedNotMade) {
  EXPECT_EQ(described("cknown\ncall\n(K\1K\2tR."), "<known call>(1 2)");                 // REDUCE
  EXPECT_EQ(described("cknown\ncall\n)\x81}b."), "<known call>() state {}");             // NEWOBJ, BUILD
  EXPECT_EQ(described("cknown\ncall\n)}\x92."), "<known call>()**{}");                   // NEWOBJ_EX
  EXPECT_EQ(described("(K\1iknown\ncall\n."), "<known call>(1)");                        // INST
  EXPECT_EQ(described("(cknown\ncall\nK\1o."), "<known call>(1)");                       // OBJ
  EXPECT_EQ(described("\x8c\5known\x8c\4call\x93)R(K\1K\2u."), "<known call>() {1 2}");  // STACK_GLOBAL
  EXPECT_EQ(described("cknown\ncall\n)RK\1a."), "<known call>() [1]");                   // APPEND
  EXPECT_EQ(described("cknown\nname\nQ."), "@<known name>");                             // BINPERSID
  EXPECT_EQ(described("Pkey\n."), "@'key'");                                             // PERSID
}

TEST(Pickle, UnknownGlobalsAreRefusedByNameAtTheirByte) {
  EXPECT_EQ(error_of("K\1cos\nsystem\n."),
            "x.pkl: byte 2: global 'os system' is not known; a file of weights never needs it: it may be "
            "malicious");
  for (const std::string& text : {"(ibuiltins\neval\n."s,
                                  "\x8c\x08"s
                                  "builtins\x8c\4eval\x93."s,
                                  "(cbuiltins\neval\no."s})
    EXPECT_NE(error_of(text).find("global 'builtins eval' is not known"), std::string::npos) << text;
  EXPECT_NE(error_of("cos\n\x1b[2Jsystem\n.").find("'os \\x1b[2Jsystem'"), std::string::npos);
}

TEST(Pickle, OnlyKnownCallablesMayBeCalled) {
  EXPECT_NE(error_of("cknown\nname\n)R.").find("REDUCE calls 'known name', which is only known as a name"),
            std::string::npos);
  EXPECT_NE(error_of("K\1)R.").find("REDUCE calls an int"), std::string::npos);
  EXPECT_NE(error_of("cknown\ncall\n)R)R.").find("REDUCE calls an object"), std::string::npos);
  EXPECT_NE(error_of("(K\1o.").find("OBJ calls an int"), std::string::npos);
  EXPECT_NE(error_of("cknown\ncall\nK\1R.").find("expects its arguments in a tuple, found an int"),
            std::string::npos);
  EXPECT_NE(error_of("cknown\ncall\n}b.").find("BUILD sets the state of a global"), std::string::npos);
  EXPECT_NE(error_of("K\1K\2\x93.").find("expected the name of a global as two strings"), std::string::npos);
}

TEST(Pickle, WhatLiesOutsideTheFileIsRefused) {
  EXPECT_NE(error_of("\x82\1.").find("opcode EXT1 refers to something outside the file"), std::string::npos);
  EXPECT_NE(error_of("\x83\1\1.").find("opcode EXT2"), std::string::npos);
  EXPECT_NE(error_of("\x84\1\1\1\1.").find("opcode EXT4"), std::string::npos);
  EXPECT_NE(error_of("\x97.").find("opcode NEXT_BUFFER"), std::string::npos);
}

TEST(Pickle, DamageIsNamedWithItsByte) {
  EXPECT_EQ(error_of("K"), "x.pkl: byte 1: expected 1 more bytes, found 0; the file is truncated or damaged");
  EXPECT_EQ(error_of("K\1\xff."),
            "x.pkl: byte 2: byte value 255 is not a pickle opcode; the file is damaged or not a pickle");
  EXPECT_EQ(error_of("\x80\6N."),
            "x.pkl: byte 0: expected pickle protocol 0 to 5, found 6; the file is damaged or too new");
  EXPECT_EQ(error_of("."), "x.pkl: byte 0: nothing left on the stack; the file is damaged");
  EXPECT_EQ(error_of("K\1(0."), "no error: 1");
  EXPECT_EQ(error_of("K\1(."), "x.pkl: byte 3: the pickle ends inside a container; the file is damaged");
  EXPECT_EQ(error_of("K\1(a."), "x.pkl: byte 3: nothing left on the stack; the file is damaged");
  EXPECT_EQ(error_of("t."), "x.pkl: byte 0: no mark on the stack; the file is damaged");
  EXPECT_EQ(error_of("h\7."), "x.pkl: byte 0: memo entry 7 was never made; the file is damaged");
  EXPECT_EQ(error_of("}(K\1u."), "x.pkl: byte 4: a dict has a key without a value; the file is damaged");
  EXPECT_EQ(error_of("K\1K\2a."), "x.pkl: byte 4: expected a list to add to, found an int");
  EXPECT_EQ(error_of(")K\2a."), "x.pkl: byte 3: expected a list to add to, found a tuple");
  EXPECT_EQ(error_of("I12x\n."), "x.pkl: byte 0: expected an int of 64 bits, found '12x'");
  EXPECT_EQ(error_of("\x8c\2\xc3\x28."),
            "x.pkl: byte 0: expected UTF-8 text, found '\\xc3('; the file is damaged");
  EXPECT_EQ(error_of("T\xff\xff\xff\xff."),
            "x.pkl: byte 0: expected a length, found -1; the file is damaged");
  EXPECT_EQ(
      error_of("\x8e\xff\xff\xff\xff\xff\xff\xff\xff."),
      "x.pkl: byte 9: expected 18446744073709551615 more bytes, found 1; the file is truncated or damaged");
}

TEST(Pickle, FrameLengthsAreNotTrusted) {
  EXPECT_EQ(described("\x80\4\x95\xff\xff\xff\xff\xff\xff\xff\xffK\1."), "1");
}

TEST(Pickle, CyclesAreKeptAsTheyAre) {
  const Pickle pickle = read("]\x94h"s + '\0' + "a.");
  EXPECT_EQ(pickle.root().items()->at(0), &pickle.root());
}

// A million tuples inside each other; destroying what was read must not recurse either.
TEST(Pickle, NestingIsBounded) {
  EXPECT_NE(error_of(")" + std::string(1'000'000, '\x85') + ".").find("nested deeper than 1000"),
            std::string::npos);
  EXPECT_NE(error_of(std::string(1'000'000, '(') + ".").find("nested deeper than 1000"), std::string::npos);
  EXPECT_NE(error_of("]\x94" + repeated("]\x94", 2000) + repeated("a", 2000) + ".").find("nested deeper"),
            std::string::npos);
  EXPECT_EQ(read(")" + std::string(1000, '\x85') + ".").root().depth, 1000);
}

TEST(Pickle, ValuesAndMemoAreBounded) {
  EXPECT_NE(error_of(std::string(limits::kMaxPickleValues + 1, 'N')).find("more than 2000000 values"),
            std::string::npos);
  EXPECT_NE(error_of("N" + std::string(limits::kMaxPickleValues + 1, '2')).find("more than 2000000 values"),
            std::string::npos);
  EXPECT_NE(error_of("Nr\xff\xff\xff\xff.").find("memo index 4294967295 is over the limit"),
            std::string::npos);
  EXPECT_NE(error_of("X" + "\1\0\0\1"s + std::string(limits::kMaxPickleString + 1, 'x') + ".")
                .find("over the limit"),
            std::string::npos);
  EXPECT_NE(error_of("c" + std::string(5000, 'x') + "\ny\n.").find("expected a line of at most 4096 bytes"),
            std::string::npos);
}

// Thirty levels of pairs of the same pair: a billion leaves if unfolded, 31 values as kept.
TEST(Pickle, SharedValuesAreNotUnfolded) {
  const Pickle pickle = read(")" + repeated("2\x86", 30) + ".");
  EXPECT_EQ(pickle.values().size(), 31u);
}

TEST(Pickle, ListsItsGlobals) {
  EXPECT_EQ(read("(cknown\nname\ncknown\ncall\ncknown\nname\nt.").globals(),
            (std::vector<std::string>{"known call", "known name"}));
}

TEST(Pickle, TheLastOfRepeatedKeysCounts) {
  const std::string input = "}(U\1aK\1U\1aK\2U\1bK\3u.";
  const Pickle pickle = read(input);
  EXPECT_EQ(*find_entry(*pickle.root().items(), "a")->integer(), 2);
  EXPECT_EQ(find_entry(*pickle.root().items(), "c"), nullptr);
}

}  // namespace
}  // namespace gdd::pickle
