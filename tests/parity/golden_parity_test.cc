// The detector against torchvision's fasterrcnn_resnet50_fpn, stage by stage, on seeded weights and pictures.
// tests/golden/README.md says how torchvision's results were made and how to remake them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "parity/comparison.h"
#include "parity/detection_comparison.h"
#include "parity/golden.h"
#include "pretag/detect/detector.h"
#include "support/seeded_images.h"

namespace pretag {
namespace {

// Weights and model of one golden file; made once, as they take a second.
class GoldenParityTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto golden = load_golden_file(std::string(PRETAG_GOLDEN_DATA) + "/" + GetParam() + ".safetensors");
    ASSERT_TRUE(golden.ok()) << golden.error().message;
    golden_ = *std::move(golden);
    ASSERT_FALSE(golden_.images.empty());
  }

  Result<std::shared_ptr<const DetectorModel>> make_model(Precision precision) const {
    DetectorOptions options;
    options.precision = precision;
    return DetectorModel::create(make_seeded_weights(golden_.model), options);
  }

  static Stages stages_of(Detector& detector, const GoldenImage& image) {
    Stages stages;
    const StageObserver observer = recorder(stages);
    const auto output = detector.detect(make_seeded_image(image.width, image.height, image.seed), {}, &observer);
    EXPECT_TRUE(output.ok()) << output.error().message;
    return stages;
  }

  GoldenFile golden_;
};

TEST_P(GoldenParityTest, EveryStageInFloat32IsTorchvisions) {
  const auto model = make_model(Precision::kFloat32);
  ASSERT_TRUE(model.ok()) << model.error().message;
  Detector detector(*model);
  std::map<std::string, double> largest;
  for (const GoldenImage& image : golden_.images) {
    const auto reports = compare_stages(image.stages, stages_of(detector, image));
    EXPECT_EQ(describe_failures(reports), "") << "on the picture " << image.name;
    for (const StageReport& report : reports) largest[report.stage] = std::max(largest[report.stage], report.max_error);
  }
  for (const std::string& stage : stage_order()) {
    if (largest.contains(stage)) RecordProperty("max_error." + stage, fmt::format("{:.2e}", largest[stage]));
    if (largest.contains(stage)) fmt::print("  {:<14} largest error {:.1e}\n", stage, largest[stage]);
  }
}

TEST_P(GoldenParityTest, DetectionsAreTheFinalStages) {
  const auto model = make_model(Precision::kFloat32);
  ASSERT_TRUE(model.ok()) << model.error().message;
  const GoldenImage& image = golden_.images.front();
  Stages stages;
  const StageObserver observer = recorder(stages);
  const auto output = Detector(*model).detect(make_seeded_image(image.width, image.height, image.seed), {}, &observer);
  ASSERT_TRUE(output.ok()) << output.error().message;
  const auto wanted = detections_of(stages);
  ASSERT_EQ(output->detections.size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    const Detection& detection = output->detections[i];
    EXPECT_EQ(detection.label, (*model)->metadata().classes[static_cast<size_t>(wanted[i].label)]);
    EXPECT_EQ(detection.score, wanted[i].score);
    EXPECT_EQ(detection.box_in_image, wanted[i].box_in_image) << "detection " << i;
  }
}

// Random weights are harder on bfloat16 than trained ones: many candidates with nearly equal scores, each with a box of
// its own. torchvision with its operands rounded to bfloat16 is off by 1.5 % in the RPN's logits, and finds 83 % of its
// own detections again. live_torchvision_check.py asks more of bfloat16, with trained weights.
TEST_P(GoldenParityTest, BFloat16StaysNearFloat32) {
  const auto model = make_model(Precision::kBFloat16);
  if (!model.ok() && model.error().code == ErrorCode::kUnsupported) GTEST_SKIP() << model.error().message;
  ASSERT_TRUE(model.ok()) << model.error().message;
  Detector detector(*model);
  DetectionRecall close, rough;
  constexpr size_t kPictures = 6;  // as processors without bfloat16 are slow at it
  golden_.images.resize(std::min(golden_.images.size(), kPictures));
  for (const GoldenImage& image : golden_.images) {
    const Stages stages = stages_of(detector, image);
    for (const StageReport& report : compare_stages(image.stages, stages)) {
      EXPECT_LT(report.rms_error, 0.06) << report.stage << " on the picture " << image.name;
    }
    close += detection_recall(detections_of(image.stages), detections_of(stages), 0.3f, 0.9f);
    rough += detection_recall(detections_of(image.stages), detections_of(stages), 0.3f, 0.5f);
  }
  EXPECT_GE(close.found, 0.5 * close.wanted) << "missing:\n" << close.misses;
  EXPECT_GE(rough.found, 0.75 * rough.wanted) << "missing:\n" << rough.misses;
}

INSTANTIATE_TEST_SUITE_P(Models, GoldenParityTest, testing::Values("driving_8", "coco_91"),
                         [](const auto& model) { return model.param; });

}  // namespace
}  // namespace pretag
