// The comparison itself must notice what it is for: a wrong value, a missing proposal, a swapped detection.
#include "parity/comparison.h"

#include <gtest/gtest.h>

#include <limits>

#include "parity/detection_comparison.h"

namespace pretag {
namespace {

// A golden and a detector's stages that agree: one dense stage, five proposals, three detections.
class ComparisonTest : public testing::Test {
 protected:
  ComparisonTest() {
    set("P2", {1, 2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, -8});
    set("proposals", {5, 4}, {0, 0, 10, 10, 20, 0, 30, 10, 40, 0, 50, 10, 0, 20, 10, 30, 20, 20, 30, 30});
    set("box_logits", {5, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
    set("boxes", {3, 4}, {0, 0, 10, 10, 20, 0, 30, 10, 40, 0, 50, 10});
    set("labels", {3}, {1, 2, 3});
    set("scores", {3}, {0.9f, 0.8002f, 0.8f});
  }

  void set(const std::string& name, const std::vector<int64_t>& shape, const std::vector<float>& values) {
    golden_[name] = {shape, 1, 1, values};
    actual_[name] = {shape, values};
  }

  // What compare_stages says of `stage`; "" if it agrees.
  std::string failure(const std::string& stage) const {
    for (const StageReport& report : compare_stages(golden_, actual_)) {
      if (report.stage == stage) return report.failure;
    }
    return "no report";
  }

  void swap_rows(const std::string& stage, size_t a, size_t b) {
    StageValues& values = actual_.at(stage);
    const size_t row = values.values.size() / static_cast<size_t>(values.shape[0]);
    for (size_t i = 0; i < row; ++i) std::swap(values.values[a * row + i], values.values[b * row + i]);
  }

  std::map<std::string, GoldenStage> golden_;
  Stages actual_;
};

TEST_F(ComparisonTest, EqualStagesAgree) {
  for (const char* stage : {"P2", "proposals", "box_logits", "boxes"}) EXPECT_EQ(failure(stage), "");
}

TEST_F(ComparisonTest, StageThatTheDetectorDoesNotReportIsNamed) {
  actual_.erase("P2");
  EXPECT_EQ(failure("P2"), "the detector did not report it");
}

TEST_F(ComparisonTest, RoundingOfAThousandthOfTheLargestValueIsAccepted) {
  actual_["P2"].values[0] += 0.0079f;
  EXPECT_EQ(failure("P2"), "");
}

TEST_F(ComparisonTest, WrongValueIsShownWithItsPlace) {
  actual_["P2"].values[5] = 6.5f;
  EXPECT_EQ(failure("P2"),
            "[0, 1, 0, 1] is 6.5, torchvision has 6 (error 6.2e-02 of the largest magnitude 8); 1 of 8 compared values "
            "are out of tolerance");
}

TEST_F(ComparisonTest, NotANumberIsWrong) {
  actual_["P2"].values[0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NE(failure("P2").find("[0, 0, 0, 0] is nan"), std::string::npos);
}

TEST_F(ComparisonTest, RootMeanSquareErrorIsRelative) {
  for (float& value : actual_["P2"].values) value *= 1.25f;
  EXPECT_NEAR(compare_stages(golden_, actual_)[5].rms_error, 0.25, 1e-6);
}

TEST_F(ComparisonTest, WrongShapeIsShown) {
  actual_["P2"] = {{1, 2, 4, 1}, std::vector<float>(8)};
  EXPECT_EQ(failure("P2"), "shape (1, 2, 4, 1), torchvision has (1, 2, 2, 2)");
}

TEST_F(ComparisonTest, OnlyTheKeptValuesOfASubsampledGoldenAreCompared) {
  golden_["P2"] = {{1, 2, 2, 2}, 1, 3, {1, 4, 7}};
  actual_["P2"].values[1] = 100;  // not kept
  EXPECT_EQ(failure("P2"), "");
  actual_["P2"].values[6] = 100;
  EXPECT_NE(failure("P2").find("[0, 1, 1, 0] is 100"), std::string::npos);
}

TEST_F(ComparisonTest, ProposalsInAnotherOrderKeepTheirBoxHeadRows) {
  swap_rows("proposals", 1, 3);
  swap_rows("box_logits", 1, 3);
  EXPECT_EQ(failure("proposals"), "");
  EXPECT_EQ(failure("box_logits"), "");
}

TEST_F(ComparisonTest, BoxHeadRowOfAnotherProposalIsWrong) {
  swap_rows("box_logits", 1, 3);
  EXPECT_NE(failure("box_logits").find("[1, 0] is 7, torchvision has 3"), std::string::npos);
}

TEST_F(ComparisonTest, MissingProposalIsNamed) {
  actual_["proposals"].values[4] += 1;
  EXPECT_EQ(failure("proposals"),
            "torchvision's proposal 1 (20.000, 0.000, 30.000, 10.000) is not among ours; 1 of 5 are missing");
}

TEST_F(ComparisonTest, DetectionsWithNearlyEqualScoresMayChangePlaces) {
  for (const char* stage : {"boxes", "labels", "scores"}) swap_rows(stage, 1, 2);
  EXPECT_EQ(failure("boxes"), "");
}

TEST_F(ComparisonTest, DetectionsInAnotherOrderAreWrong) {
  for (const char* stage : {"boxes", "labels", "scores"}) swap_rows(stage, 0, 1);
  EXPECT_NE(failure("boxes").find("detection 0 is label 2"), std::string::npos);
}

TEST_F(ComparisonTest, WrongLabelScoreBoxOrCountIsWrong) {
  for (const char* stage : {"labels", "scores", "boxes"}) {
    const Stages intact = actual_;
    actual_[stage].values[0] += 0.2f * (std::string(stage) == "labels" ? 5.0f : 1.0f);
    EXPECT_NE(failure("boxes").find("detection 0 is"), std::string::npos) << stage;
    actual_ = intact;
  }
  for (const char* stage : {"labels", "scores", "boxes"}) {
    actual_[stage].values.resize(actual_[stage].values.size() / 3 * 2);
    actual_[stage].shape[0] = 2;
  }
  EXPECT_EQ(failure("boxes"), "2 detections, torchvision has 3");
}

TEST_F(ComparisonTest, FirstDifferingStageComesFirst) {
  const std::vector<StageReport> reports = {{"C2", 0, 0, ""}, {"C3", 1, 1, "bad"}, {"P3", 1, 1, "worse"}};
  EXPECT_EQ(describe_failures(reports), "the first stage that differs is C3: bad\n  then P3: worse\n");
}

TEST_F(ComparisonTest, RecallCountsConfidentDetectionsWithLabelAndOverlap) {
  auto ours = detections_of(actual_);
  ours[0].box_in_image.x2 = 10.5f;  // IoU 0.95
  ours[1].label = 5;
  const DetectionRecall recall = detection_recall(detections_of(golden_), ours, 0.8001f, 0.9f);
  EXPECT_EQ(recall.wanted, 2);
  EXPECT_EQ(recall.found, 1);
  EXPECT_NE(recall.misses.find("label 2"), std::string::npos);
}

}  // namespace
}  // namespace pretag
