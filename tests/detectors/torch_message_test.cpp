#include "detectors/torch_message.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace gdd {
namespace {

std::string told(const char* text) { return torch_message(std::runtime_error(text)); }

TEST(TorchMessage, IsTheFirstLineOfAnOrdinaryError) {
  EXPECT_EQ(told("no such thing\nException raised from f at x.cpp:3\nframe #0"), "no such thing");
  EXPECT_EQ(told("first\nsecond"), "first");
  EXPECT_EQ(told(""), "an error without a message");
}

TEST(TorchMessage, IsWhatStandsBehindTheTraceOfAScript) {
  EXPECT_EQ(told("The following operation failed in the TorchScript interpreter.\n"
                 "Traceback of TorchScript (most recent call last):\n"
                 "  File \"a.py\", line 3, in forward\n    return a\n           ~ <--- HERE\n"
                 "  File \"b.py\", line 4, in g\n    if x:\n      raise\n      ~~~~~ <--- HERE\n    else:\n  "
                 "    pass\n"
                 "RuntimeError: sizes differ\nException raised from h"),
            "sizes differ");
}

TEST(TorchMessage, IsPrintableAndShort) {
  EXPECT_EQ(told("a\x1b[2J"), "a\\x1b[2J");
  EXPECT_LE(told(std::string(100000, 'x').c_str()).size(), 300u);
}

TEST(TorchMessage, KnowsWhenMemoryRanOut) {
  EXPECT_TRUE(is_out_of_memory(std::bad_alloc()));
  EXPECT_TRUE(is_out_of_memory(std::runtime_error("DefaultCPUAllocator: can't allocate memory: you tried")));
  EXPECT_FALSE(is_out_of_memory(std::runtime_error("sizes differ")));
}

}  // namespace
}  // namespace gdd
