#include "pretag/formats/lightly_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/memory_file_system.h"

namespace pretag {
namespace {

using testing::HasSubstr;

const Dataset kDataset{{"car"}, {{"a.jpg", 9, 9, {{{0, 0, 5, 5}, "car", 0.5f, {}}}}}, {}};
const std::map<int64_t, std::string> kCategories = {{4, "car"}};

std::string error_of(const std::string& prediction) {
  const auto read = read_lightly_image(R"({"file_name": "a", "predictions": [)" + prediction + "]}", kCategories);
  return read.ok() ? "no error" : read.error().message;
}

TEST(LightlyDataset, ASecondTaskJoinsTheFirst) {
  MemoryFileSystem files;
  ASSERT_TRUE(write_lightly(view_of(kDataset), {files, "out", "", "one", false}).ok());
  ASSERT_TRUE(write_lightly(view_of(kDataset), {files, "out", "", "two", false}).ok());
  EXPECT_EQ(files.text("out/.lightly/predictions/tasks.json"), "[\"one\",\"two\"]\n");
  EXPECT_THAT(write_lightly(view_of(kDataset), {files, "out", "", "two", false}).error().message,
              HasSubstr("has a task 'two' already"));
  EXPECT_THAT(read_lightly({files, "out", "", "", {}}).error().message, HasSubstr("has 2 tasks"));
  EXPECT_THAT(read_lightly({files, "out", "", "three", {}}).error().message, HasSubstr("only one, two"));
  EXPECT_TRUE(read_lightly({files, "out", "", "two", {}}).ok());
  EXPECT_TRUE(read_lightly({files, "out/.lightly/predictions", "", "two", {}}).ok());
  EXPECT_TRUE(read_lightly({files, "out/.lightly/predictions/one", "", "", {}}).ok());
  EXPECT_THAT(read_lightly({files, "nowhere", "", "", {}}).error().message, HasSubstr("schema.json"));
}

TEST(LightlyDataset, ErrorsSayWhatIsWrong) {
  EXPECT_EQ(error_of(R"({"category_id": 4, "bbox": [1, 2, 3, 4], "score": 0.5})"), "no error");
  EXPECT_THAT(error_of(R"({"category_id": 5, "bbox": [1, 2, 3, 4], "score": 0.5})"), HasSubstr("no category 5"));
  EXPECT_THAT(error_of(R"({"category_id": 4, "bbox": [1, 2, -3, 4], "score": 0.5})"), HasSubstr("negative"));
  EXPECT_THAT(error_of(R"({"category_id": 4, "bbox": [1, 2, 3, 4], "score": 5})"), HasSubstr("0 to 1"));
  EXPECT_THAT(read_lightly_schema(R"({"task_type": "classification"})").error().message, HasSubstr("'classification'"));
  EXPECT_THAT(read_lightly_schema(R"({"task_type": "object-detection", "categories":
                 [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]})")
                  .error()
                  .message,
              HasSubstr("twice"));
}

}  // namespace
}  // namespace pretag
