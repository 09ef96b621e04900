#include "pickle/opcodes.h"

#include <array>

namespace gdd::pickle {
namespace {

// clang-format off
constexpr Opcode kOpcodes[] = {
    {'(',  "MARK",             0, Argument::kNone,            Action::kMark},
    {'.',  "STOP",             0, Argument::kNone,            Action::kStop},
    {'0',  "POP",              0, Argument::kNone,            Action::kPop},
    {'1',  "POP_MARK",         1, Argument::kNone,            Action::kPopMark},
    {'2',  "DUP",              0, Argument::kNone,            Action::kDuplicate},
    {'F',  "FLOAT",            0, Argument::kLine,            Action::kFloatLine},
    {'I',  "INT",              0, Argument::kLine,            Action::kIntLine},
    {'J',  "BININT",           1, Argument::kI32,             Action::kInt},
    {'K',  "BININT1",          1, Argument::kU8,              Action::kInt},
    {'L',  "LONG",             0, Argument::kLine,            Action::kLongLine},
    {'M',  "BININT2",          1, Argument::kU16,             Action::kInt},
    {'N',  "NONE",             0, Argument::kNone,            Action::kNone},
    {'P',  "PERSID",           0, Argument::kLine,            Action::kPersistentIdLine},
    {'Q',  "BINPERSID",        1, Argument::kNone,            Action::kPersistentId},
    {'R',  "REDUCE",           0, Argument::kNone,            Action::kReduce},
    {'S',  "STRING",           0, Argument::kLine,            Action::kOldStringLine},
    {'T',  "BINSTRING",        1, Argument::kCountedSigned32, Action::kOldString},
    {'U',  "SHORT_BINSTRING",  1, Argument::kCounted8,        Action::kOldString},
    {'V',  "UNICODE",          0, Argument::kLine,            Action::kTextLine},
    {'X',  "BINUNICODE",       1, Argument::kCounted32,       Action::kText},
    {'a',  "APPEND",           0, Argument::kNone,            Action::kAppend},
    {'b',  "BUILD",            0, Argument::kNone,            Action::kBuild},
    {'c',  "GLOBAL",           0, Argument::kTwoLines,        Action::kGlobal},
    {'d',  "DICT",             0, Argument::kNone,            Action::kDict},
    {'e',  "APPENDS",          1, Argument::kNone,            Action::kAppends},
    {'g',  "GET",              0, Argument::kLine,            Action::kGet},
    {'h',  "BINGET",           1, Argument::kU8,              Action::kGet},
    {'i',  "INST",             0, Argument::kTwoLines,        Action::kInst},
    {'j',  "LONG_BINGET",      1, Argument::kU32,             Action::kGet},
    {'l',  "LIST",             0, Argument::kNone,            Action::kList},
    {'o',  "OBJ",              1, Argument::kNone,            Action::kObj},
    {'p',  "PUT",              0, Argument::kLine,            Action::kPut},
    {'q',  "BINPUT",           1, Argument::kU8,              Action::kPut},
    {'r',  "LONG_BINPUT",      1, Argument::kU32,             Action::kPut},
    {'s',  "SETITEM",          0, Argument::kNone,            Action::kSetItem},
    {'t',  "TUPLE",            0, Argument::kNone,            Action::kTuple},
    {'u',  "SETITEMS",         1, Argument::kNone,            Action::kSetItems},
    {'}',  "EMPTY_DICT",       1, Argument::kNone,            Action::kEmptyDict},
    {'G',  "BINFLOAT",         1, Argument::kF64,             Action::kFloat},
    {']',  "EMPTY_LIST",       1, Argument::kNone,            Action::kEmptyList},
    {')',  "EMPTY_TUPLE",      1, Argument::kNone,            Action::kEmptyTuple},
    {'B',  "BINBYTES",         3, Argument::kCounted32,       Action::kBytes},
    {'C',  "SHORT_BINBYTES",   3, Argument::kCounted8,        Action::kBytes},
    {0x80, "PROTO",            2, Argument::kU8,              Action::kProtocol},
    {0x81, "NEWOBJ",           2, Argument::kNone,            Action::kNewObj},
    {0x82, "EXT1",             2, Argument::kU8,              Action::kRefused},
    {0x83, "EXT2",             2, Argument::kU16,             Action::kRefused},
    {0x84, "EXT4",             2, Argument::kI32,             Action::kRefused},
    {0x85, "TUPLE1",           2, Argument::kNone,            Action::kTuple1},
    {0x86, "TUPLE2",           2, Argument::kNone,            Action::kTuple2},
    {0x87, "TUPLE3",           2, Argument::kNone,            Action::kTuple3},
    {0x88, "NEWTRUE",          2, Argument::kNone,            Action::kTrue},
    {0x89, "NEWFALSE",         2, Argument::kNone,            Action::kFalse},
    {0x8a, "LONG1",            2, Argument::kCounted8,        Action::kLong},
    {0x8b, "LONG4",            2, Argument::kCountedSigned32, Action::kLong},
    {0x8c, "SHORT_BINUNICODE", 4, Argument::kCounted8,        Action::kText},
    {0x8d, "BINUNICODE8",      4, Argument::kCounted64,       Action::kText},
    {0x8e, "BINBYTES8",        4, Argument::kCounted64,       Action::kBytes},
    {0x8f, "EMPTY_SET",        4, Argument::kNone,            Action::kEmptySet},
    {0x90, "ADDITEMS",         4, Argument::kNone,            Action::kAddItems},
    {0x91, "FROZENSET",        4, Argument::kNone,            Action::kFrozenSet},
    {0x92, "NEWOBJ_EX",        4, Argument::kNone,            Action::kNewObjEx},
    {0x93, "STACK_GLOBAL",     4, Argument::kNone,            Action::kStackGlobal},
    {0x94, "MEMOIZE",          4, Argument::kNone,            Action::kMemoize},
    {0x95, "FRAME",            4, Argument::kU64,             Action::kFrame},
    {0x96, "BYTEARRAY8",       5, Argument::kCounted64,       Action::kBytes},
    {0x97, "NEXT_BUFFER",      5, Argument::kNone,            Action::kRefused},
    {0x98, "READONLY_BUFFER",  5, Argument::kNone,            Action::kRefused},
};
// clang-format on

constexpr std::array<const Opcode*, 256> index_by_code() {
  std::array<const Opcode*, 256> index{};
  for (const Opcode& opcode : kOpcodes) index[opcode.code] = &opcode;
  return index;
}

constexpr std::array<const Opcode*, 256> kByCode = index_by_code();

}  // namespace

const Opcode* find_opcode(std::uint8_t code) { return kByCode[code]; }

}  // namespace gdd::pickle
