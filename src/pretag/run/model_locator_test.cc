#include "pretag/run/model_locator.h"

#include <gmock/gmock.h>

#include "support/temporary_folder.h"

namespace pretag {
namespace {

using testing::HasSubstr;

class ModelLocator : public testing::Test {
 protected:
  Result<std::string> locate(const std::string& name) const { return locate_model(name, folders_); }

  TemporaryFolder root_;
  const std::vector<std::string> folders_ = {root_.path() + "/first", root_.path() + "/second"};
};

TEST_F(ModelLocator, AnEmptyNameIsTheBundledModel) {
  const std::string file = root_.write("second/" + std::string(kBundledModel) + ".safetensors", "weights");
  const auto found = locate("");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, file);
}

TEST_F(ModelLocator, TheFirstFolderThatHasANameWins) {
  root_.write("second/city.safetensors", "");
  EXPECT_EQ(*locate("city"), root_.path() + "/second/city.safetensors");
  root_.write("first/city.pth", "");
  EXPECT_EQ(*locate("city"), root_.path() + "/first/city.pth");
  EXPECT_EQ(*locate("city.safetensors"), root_.path() + "/second/city.safetensors");
}

TEST_F(ModelLocator, APathIsTakenAsItIs) {
  const std::string file = root_.write("elsewhere/own.bin", "");
  EXPECT_EQ(*locate(file), file);
  EXPECT_FALSE(locate(root_.path() + "/elsewhere/missing.pth"));
}

TEST_F(ModelLocator, AFolderIsNoModel) {
  root_.write("first/city.safetensors/inside", "");
  EXPECT_FALSE(locate("city"));
  EXPECT_FALSE(locate(root_.path() + "/first"));
}

TEST_F(ModelLocator, OtherFilesBesideTheModelsAreNotModels) {
  root_.write("first/README.md", "");
  EXPECT_FALSE(locate("README.md"));
  EXPECT_FALSE(locate("README"));
}

TEST_F(ModelLocator, AFileWithoutWeightsIsNamed) {
  const std::string pointer = root_.write("first/city.safetensors", "version https://git-lfs.github.com/spec/v1\n");
  const Status checked = check_model(pointer);
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message, HasSubstr(pointer));
  EXPECT_TRUE(check_model(PRETAG_SOURCE_DIR "/models/pretag-driving.safetensors"));
}

TEST_F(ModelLocator, WhatIsMissingIsExplained) {
  root_.write("first/b.pth", "");
  root_.write("second/a.safetensors", "");
  root_.write("second/b.safetensors", "");
  const auto found = locate("city");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(found.error().message, HasSubstr("'city' not found in " + folders_[0] + ", " + folders_[1]));
  EXPECT_THAT(found.error().message, HasSubstr("there is a, b"));
  EXPECT_THAT(found.error().message, HasSubstr("model=FILE"));
}

TEST(ModelLocatorWithoutFolders, SaysThatNothingIsInstalled) {
  const auto found = locate_model("", {});
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, HasSubstr("no model is installed"));
}

}  // namespace
}  // namespace pretag
