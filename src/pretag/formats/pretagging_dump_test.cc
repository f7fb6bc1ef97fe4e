#include "pretag/formats/pretagging_dump.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace pretag {
namespace {

using testing::HasSubstr;

std::string dump_of(const std::vector<Prediction>& predictions, float threshold = 0) {
  std::string text;
  PretaggingDumpWriter writer([&](std::string_view piece) { return text += piece, Status(); }, threshold);
  EXPECT_TRUE(writer.begin().ok());
  for (const Prediction& prediction : predictions) EXPECT_TRUE(writer.add(prediction).ok());
  EXPECT_TRUE(writer.end().ok());
  return text;
}

std::vector<PretaggingDumpEntry> entries_of(const std::string& text) {
  std::vector<PretaggingDumpEntry> entries;
  const Status status =
      read_pretagging_dump(text, [&](const auto& entry) { return entries.push_back(entry), Status(); });
  EXPECT_TRUE(status.ok()) << status.error().message;
  return entries;
}

std::string error_of(const std::string& text) {
  const Status status = read_pretagging_dump(text, [](const auto&) { return Status(); });
  return status.ok() ? "no error" : status.error().message;
}

TEST(PretaggingDump, HasTheFixedForm) {
  const std::vector<Prediction> predictions = {
      {"0000000095.png",
       1000,
       500,
       {{{869, 76.5f, 885, 98.5f}, "person", 0.98452038f, {}}, {{231, 87.5f, 291, 101}, "car", 0.5f, {}}}},
      {"empty/é.png", 10, 10, {}}};
  EXPECT_EQ(dump_of(predictions), R"([
{"filename": "0000000095.png", "boxes": [[0.869, 0.153, 0.885, 0.197], [0.231, 0.175, 0.291, 0.202]], "labels": ["person", "car"], "scores": [0.9845204, 0.5]},
{"filename": "empty/é.png", "boxes": [], "labels": [], "scores": []}
]
)");
}

TEST(PretaggingDump, OfNoImagesIsAnEmptyList) {
  EXPECT_EQ(nlohmann::json::parse(dump_of({})), nlohmann::json::array());
}

TEST(PretaggingDump, KeepsTheImageWhoseDetectionsAreBelowTheThreshold) {
  const Prediction prediction{"a.jpg", 10, 10, {{{0, 0, 1, 1}, "car", 0.5f, {}}, {{0, 0, 1, 1}, "car", 0.4999f, {}}}};
  const auto entries = entries_of(dump_of({prediction, {"b.jpg", 10, 10, {{{0, 0, 1, 1}, "car", 0.1f, {}}}}}, 0.5f));
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].relative_detections.size(), 1u);
  EXPECT_EQ(entries[1].relative_detections.size(), 0u);
}

TEST(PretaggingDump, BoxesComeBackWithinAHundredthOfAPixel) {
  const Prediction written{"a.jpg", 9973, 7919, {{{1234.56f, 0.37f, 5678.9f, 7918.6f}, "car", 0.123456789f, {}}}};
  const auto entries = entries_of(dump_of({written}));
  const Prediction read = to_pixels(entries[0], written.width, written.height);
  const Box &expected = written.detections[0].box_in_image, &box = read.detections[0].box_in_image;
  EXPECT_NEAR(box.x1, expected.x1, 0.01);
  EXPECT_NEAR(box.y1, expected.y1, 0.01);
  EXPECT_NEAR(box.x2, expected.x2, 0.01);
  EXPECT_NEAR(box.y2, expected.y2, 0.01);
  EXPECT_EQ(read.detections[0].score, written.detections[0].score);
  EXPECT_EQ(read.width, 9973);
}

TEST(PretaggingDump, BoxesNeverLeaveTheImage) {
  const std::string text = dump_of({{"a.jpg", 10, 10, {{{-1, -0.00001f, 10.001f, 11}, "car", 1, {}}}}});
  EXPECT_THAT(text, HasSubstr("[[0.0, 0.0, 1.0, 1.0]]"));
}

TEST(PretaggingDump, RefusesWhatItCannotWrite) {
  PretaggingDumpWriter writer([](std::string_view) { return Status(); }, 0);
  const Detection detection{{0, 0, 1, 1}, "car", 0.5f, {}};
  EXPECT_FALSE(writer.add({"\xff.jpg", 10, 10, {}}).ok());
  EXPECT_FALSE(writer.add({"a.jpg", 0, 10, {detection}}).ok());
  Detection not_finite = detection;
  not_finite.box_in_image.x1 = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(writer.add({"a.jpg", 10, 10, {not_finite}}).ok());
}

TEST(PretaggingDump, StopsWhereTheSinkFails) {
  PretaggingDumpWriter writer([](std::string_view) -> Status { return Error{ErrorCode::kIo, "disk is full"}; }, 0);
  EXPECT_EQ(writer.begin().error().message, "disk is full");
}

TEST(PretaggingDump, SortsByScoreInPixels) {
  const PretaggingDumpEntry entry{"a", {{{0, 0, 1, 1}, "low", 0.1f, {}}, {{0, 0, 0.5f, 1}, "high", 0.9f, {}}}};
  const Prediction prediction = to_pixels(entry, 200, 100);
  EXPECT_EQ(prediction.detections[0].label, "high");
  EXPECT_EQ(prediction.detections[0].box_in_image, (Box{0, 0, 100, 100}));
}

TEST(PretaggingDump, ReadsWithExtraKeysInAnyOrder) {
  const auto entries = entries_of(
      R"([{"scores": [0.5], "extra": {"a": [1]}, "labels": ["car"], "boxes": [[0, 0, 1, 1]], "filename": "a"}])");
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].relative_detections[0].label, "car");
}

TEST(PretaggingDump, ErrorsNameTheEntryAndTheKey) {
  const std::string good = R"({"filename": "good.jpg", "boxes": [], "labels": [], "scores": []}, )";
  EXPECT_EQ(error_of("[" + good + R"({"filename": "b.jpg", "boxes": [], "labels": []}])"),
            "entry 1 (b.jpg): \"scores\" is missing");
  EXPECT_EQ(error_of(R"([{"filename": "b.jpg", "boxes": [[0, 0, 1, 1]], "labels": [], "scores": [1]}])"),
            "entry 0 (b.jpg): 1 \"boxes\", 0 \"labels\" and 1 \"scores\"; there must be as many of each");
  EXPECT_EQ(error_of(R"([{"boxes": [], "labels": [], "scores": []}])"), "entry 0: \"filename\" is missing");
  EXPECT_EQ(error_of("[5]"), "entry 0: must be an object");
  const auto with = [](const char* box, const char* label, const char* score) {
    return error_of(std::string(R"([{"filename": "b", "boxes": [)") + box + R"(], "labels": [)" + label +
                    R"(], "scores": [)" + score + "]}]");
  };
  EXPECT_EQ(with("[0, 0, 1]", "\"car\"", "1"), "entry 0 (b): \"boxes\"[0] must be a list of four numbers");
  EXPECT_THAT(with("[0, 0, 640, 1]", "\"car\"", "1"), HasSubstr("\"boxes\"[0] holds 640; coordinates are relative"));
  EXPECT_THAT(with("[0.5, 0, 0.4, 1]", "\"car\"", "1"), HasSubstr("x1 <= x2"));
  EXPECT_EQ(with("[0, 0, 1, 1]", "3", "1"), "entry 0 (b): \"labels\"[0] must be a string");
  EXPECT_EQ(with("[0, 0, 1, 1]", "\"car\"", "1.5"), "entry 0 (b): \"scores\"[0] must be 0 to 1");
  EXPECT_EQ(with("[0, 0, 1, 1]", "\"car\"", "null"), "entry 0 (b): \"scores\"[0] must be a number");
  EXPECT_THAT(error_of("{}"), HasSubstr("holds no list"));
}

}  // namespace
}  // namespace pretag
