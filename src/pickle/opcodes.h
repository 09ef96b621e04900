// The opcodes of Python's pickle protocols 0 to 5 (CPython's Lib/pickletools.py is the reference).
#pragma once

#include <cstdint>

namespace gdd::pickle {

// What follows the opcode's byte.
enum class Argument : std::uint8_t {
  kNone,
  kU8,
  kU16,  // little-endian, as all numbers but kF64
  kI32,
  kU32,
  kU64,
  kF64,   // big-endian
  kLine,  // text up to '\n'
  kTwoLines,
  kCounted8,  // a count of 8, 32 or 64 bits, then that many bytes
  kCounted32,
  kCountedSigned32,
  kCounted64,
};

// What the stack machine does; opcodes that differ only in how their argument is written share one.
enum class Action : std::uint8_t {
  kProtocol,
  kFrame,
  kStop,
  kMark,
  kPop,
  kPopMark,
  kDuplicate,
  kPut,
  kMemoize,
  kGet,
  kNone,
  kTrue,
  kFalse,
  kInt,
  kIntLine,
  kLong,
  kLongLine,
  kFloat,
  kFloatLine,
  kText,
  kTextLine,
  kOldString,
  kOldStringLine,
  kBytes,
  kEmptyList,
  kList,
  kAppend,
  kAppends,
  kEmptyTuple,
  kTuple,
  kTuple1,
  kTuple2,
  kTuple3,
  kEmptyDict,
  kDict,
  kSetItem,
  kSetItems,
  kEmptySet,
  kAddItems,
  kFrozenSet,
  kGlobal,
  kStackGlobal,
  kReduce,
  kBuild,
  kInst,
  kObj,
  kNewObj,
  kNewObjEx,
  kPersistentIdLine,
  kPersistentId,
  kRefused,  // needs something outside the file: extension registries, out-of-band buffers
};

struct Opcode {
  std::uint8_t code;
  const char* name;  // as in pickletools
  int protocol;      // the first one that has it
  Argument argument;
  Action action;
};

const Opcode* find_opcode(std::uint8_t code);  // nullptr: no protocol has it

inline constexpr int kHighestProtocol = 5;

}  // namespace gdd::pickle
