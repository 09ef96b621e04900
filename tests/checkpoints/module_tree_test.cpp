#include "checkpoints/module_tree.h"

#include <gtest/gtest.h>

#include "checkpoints/files.h"

namespace gdd {
namespace {

ModuleTree example() {
  ModuleTree tree;
  tree.path = "ema.model";
  tree.class_name = "SongUNet";
  tree.attributes = {{"int", {std::int64_t{3}}},      {"whole", {4.0}}, {"real", {0.5}}, {"flag", {true}},
                     {"text", {std::string("skip")}}, {"none", {}}};
  tree.parameters = {{"weight", TensorView{}}, {"bias", std::nullopt}};
  tree.children.emplace_back("enc", ModuleTree{});
  return tree;
}

TEST(ModuleTree, NumbersConvertWhereNothingIsLost) {
  const ModuleTree tree = example();
  EXPECT_EQ(tree.get_int("int"), 3);
  EXPECT_EQ(tree.get_int("whole"), 4);
  EXPECT_EQ(tree.get_double("int"), 3.0);
  EXPECT_EQ(tree.get_double("real"), 0.5);
  EXPECT_EQ(error_of([&] { tree.get_int("real"); }),
            "ema.model: expected attribute 'real' to be an int, found a float");
  EXPECT_EQ(error_of([&] { tree.get_double("flag"); }),
            "ema.model: expected attribute 'flag' to be a number, found a bool");
}

TEST(ModuleTree, DefaultsStandInForAbsenceOnly) {
  const ModuleTree tree = example();
  EXPECT_EQ(tree.get_int("absent", 7), 7);
  EXPECT_TRUE(tree.get_bool("flag", false));
  EXPECT_TRUE(tree.get_bool("absent", true));
  EXPECT_EQ(error_of([&] { tree.get_int("absent"); }),
            "ema.model: expected attribute 'absent' to be an int, found none");
  EXPECT_EQ(error_of([&] { tree.get_bool("none", true); }),
            "ema.model: expected attribute 'none' to be a bool, found None");
  EXPECT_EQ(error_of([&] { tree.get_bool("int", true); }),
            "ema.model: expected attribute 'int' to be a bool, found an int");
}

TEST(ModuleTree, LookUpsGiveNullForAbsenceAndNone) {
  const ModuleTree tree = example();
  EXPECT_NE(tree.parameter("weight"), nullptr);
  EXPECT_EQ(tree.parameter("bias"), nullptr);
  EXPECT_EQ(tree.buffer("weight"), nullptr);
  EXPECT_NE(tree.child("enc"), nullptr);
  EXPECT_EQ(tree.child("dec"), nullptr);
}

}  // namespace
}  // namespace gdd
