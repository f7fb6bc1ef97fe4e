#include "pretag/run/image_pipeline.h"

#include <gmock/gmock.h>

#include "pretag/detect/detector.h"
#include "pretag/nn/weight_file.h"
#include "pretag/source/source.h"
#include "support/seeded_images.h"
#include "support/seeded_weights.h"

namespace pretag {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// The same picture under every name, but for those that are "damaged".
class SeededSource final : public Source {
 public:
  std::string description() const override { return "seeded"; }
  Status list(const Visit&, const Skip&) const override { return {}; }
  Result<std::vector<std::byte>> read(const std::string&) const override {
    return Error{ErrorCode::kInternal, "has no files"};
  }
  Result<Picture> picture(const std::string& key, int64_t) const override {
    if (key == "damaged") return Error{ErrorCode::kCorrupt, "is damaged"};
    return Picture{make_seeded_image(64, 48, 1), 1};
  }
};

const std::shared_ptr<const WeightFile>& seeded_weights() {
  static const auto weights =
      make_seeded_weights({.min_size = 32, .max_size = 64, .anchor_sizes = {8, 16, 32, 64, 128}});
  return weights;
}

std::shared_ptr<const DetectorModel> model_of(const std::shared_ptr<const WeightFile>& weights,
                                              const DetectorOptions& options) {
  auto model = DetectorModel::create(weights, options);
  EXPECT_TRUE(model.ok()) << model.error().message;
  return model.ok() ? *model : nullptr;
}

class ImagePipeline : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Ledger::open(":memory:");
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    ledger_ = *std::move(opened);
    ASSERT_TRUE(ledger_->add_inputs({"a", "b", "c", "damaged"}).ok());
  }

  Status process(const std::shared_ptr<const DetectorModel>& model) {
    SilentProgress progress;
    const std::atomic<bool> cancel = false;
    return process_pending(SeededSource(), model, {.detector_threads = 2, .max_image_pixels = 1 << 20}, *ledger_,
                           progress, cancel);
  }
  LedgerCounts counts() const { return *ledger_->counts(); }

  std::unique_ptr<Ledger> ledger_;
};

TEST_F(ImagePipeline, ADamagedImageIsThatImagesFailure) {
  EXPECT_TRUE(process(model_of(seeded_weights(), {.precision = Precision::kFloat32})).ok());
  EXPECT_EQ(counts().done, 3);
  EXPECT_EQ(counts().failed, 1);
}

TEST_F(ImagePipeline, TooLittleMemoryIsNoImagesFailure) {
  const Status ended = process(model_of(seeded_weights(), {.precision = Precision::kFloat32, .arena_bytes = 1 << 16}));
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ended.error().code, ErrorCode::kDevice);
  EXPECT_THAT(ended.error().message,
              AllOf(HasSubstr("memory"), HasSubstr("num_threads"), HasSubstr("the same command goes on from here")));
  EXPECT_EQ(counts().done, 0);
  EXPECT_GE(counts().pending, 3);

  EXPECT_TRUE(process(model_of(seeded_weights(), {.precision = Precision::kFloat32})).ok());
  EXPECT_EQ(counts().done, 3);
}

TEST_F(ImagePipeline, AModelThatGivesNoNumbersIsNoImagesFailure) {
  auto tensors = seeded_weights()->tensors();
  const std::vector<float> huge(2048, 3e38f);
  tensors.at("backbone.body.layer4.2.bn3.weight").bytes = std::as_bytes(std::span(huge));
  const auto diverged = std::make_shared<const WeightFile>(tensors, seeded_weights()->metadata(), seeded_weights());
  const Status ended = process(model_of(diverged, {.precision = Precision::kFloat32}));
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ended.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(ended.error().message, AllOf(HasSubstr("diverged"), Not(HasSubstr("goes on from here"))));
  EXPECT_EQ(counts().done, 0);
  EXPECT_GE(counts().pending, 3);
}

}  // namespace
}  // namespace pretag
