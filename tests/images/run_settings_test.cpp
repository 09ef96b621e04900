#include "images/run_settings.h"

#include <gtest/gtest.h>

namespace gdd {
namespace {

TEST(RunSettings, AreReadAsTheyWereWritten) {
  const RunSettings settings{{"seeds", "0-3"}, {"sampler", "one step"}, {"class", ""}};
  EXPECT_EQ(settings_text(settings), "seeds 0-3\nsampler one step\nclass \n");
  EXPECT_EQ(parse_run_settings(settings_text(settings)), settings);
}

}  // namespace
}  // namespace gdd
