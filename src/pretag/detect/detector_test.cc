#include "pretag/detect/detector.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <thread>

#include "pretag/detect/calibration.h"
#include "pretag/detect/two_views.h"
#include "pretag/nn/compute_format.h"
#include "pretag/nn/weight_file.h"
#include "support/seeded_images.h"
#include "support/seeded_weights.h"

namespace pretag {
namespace {

const std::shared_ptr<const WeightFile>& small_weights() {
  static const auto weights =
      make_seeded_weights({.min_size = 96, .max_size = 160, .anchor_sizes = {8, 16, 32, 64, 128}});
  return weights;
}

std::shared_ptr<const DetectorModel> small_model(const DetectorOptions& options = {.precision = Precision::kFloat32}) {
  auto model = DetectorModel::create(small_weights(), options);
  EXPECT_TRUE(model.ok());
  return *model;
}

DetectorOutput detect(Detector& detector, const Image& image) {
  auto output = detector.detect(image);
  EXPECT_TRUE(output.ok());
  return *std::move(output);
}

void expect_equal(const DetectorOutput& a, const DetectorOutput& b) {
  EXPECT_EQ(a.embedding, b.embedding);
  ASSERT_EQ(a.detections.size(), b.detections.size());
  for (size_t i = 0; i < a.detections.size(); ++i) {
    EXPECT_EQ(a.detections[i].box_in_image, b.detections[i].box_in_image);
    EXPECT_EQ(a.detections[i].label, b.detections[i].label);
    EXPECT_EQ(a.detections[i].probabilities, b.detections[i].probabilities);
    EXPECT_EQ(a.detections[i].embedding, b.detections[i].embedding);
  }
}

TEST(Detector, AnImagesResultDependsOnNothingElse) {
  const auto model = small_model();
  const Image image = make_seeded_image(150, 110, 1);
  Detector fresh(model);
  const DetectorOutput alone = detect(fresh, image);
  ASSERT_FALSE(alone.detections.empty());

  Detector used(model);
  for (int i = 0; i < 6; ++i) (void)detect(used, make_seeded_image(60 + 25 * i, 200 - 20 * i, 2 + i));
  expect_equal(alone, detect(used, image));

  DetectorOutput beside[3];
  {
    std::vector<std::jthread> threads;
    for (DetectorOutput& output : beside) {
      threads.emplace_back([&] {
        Detector detector(model);
        (void)detect(detector, make_seeded_image(90, 70, 9));
        output = detect(detector, image);
      });
    }
  }
  for (const DetectorOutput& output : beside) expect_equal(alone, output);
}

#if defined(__x86_64__)
TEST(Detector, TinyNumbersAreZeroWhileItComputesAndOnlyThen) {
  const auto half_of_the_smallest = [] {
    volatile float value = std::numeric_limits<float>::min();
    return value * 0.5f;
  };
  int stages = 0;
  const StageObserver observer = [&](std::string_view, std::span<const int64_t>, std::span<const float>) {
    ++stages;
    EXPECT_EQ(half_of_the_smallest(), 0.0f);
  };
  Detector detector(small_model());
  ASSERT_TRUE(detector.detect(make_seeded_image(80, 60, 1), {}, &observer).ok());
  EXPECT_GT(stages, 0);
  EXPECT_NE(half_of_the_smallest(), 0.0f);
}
#endif

TEST(Detector, BoxesLieInTheImageAndScoresFall) {
  Detector detector(small_model());
  for (const auto& [width, height] : {std::pair{33, 47}, {500, 120}, {90, 300}, {1, 1}, {2000, 3}}) {
    const DetectorOutput output = detect(detector, make_seeded_image(width, height, 3));
    float last = 1;
    for (const Detection& d : output.detections) {
      EXPECT_GE(d.box_in_image.x1, 0);
      EXPECT_GE(d.box_in_image.y1, 0);
      EXPECT_LE(d.box_in_image.x2, static_cast<float>(width) * 1.0001f);
      EXPECT_LE(d.box_in_image.y2, static_cast<float>(height) * 1.0001f);
      EXPECT_LE(d.score, last);
      EXPECT_GT(d.score, 0.05f);
      last = d.score;
    }
  }
}

TEST(Detector, EmbeddingsHaveUnitLengthAndTellImagesApart) {
  Detector detector(small_model());
  const Embedding a = detect(detector, make_seeded_image(120, 90, 1)).embedding;
  const Embedding b = detect(detector, make_seeded_image(120, 90, 2)).embedding;
  double length = 0, product = 0;
  for (size_t i = 0; i < a.size(); ++i) length += a[i] * a[i], product += a[i] * b[i];
  EXPECT_NEAR(length, 1, 1e-5);
  EXPECT_LT(product, 0.9999);
}

ActivationRanges seeded_ranges(int threads) {
  auto ranges = measure_activation_ranges(
      small_weights(),
      {.count = 4,
       .load = [](size_t i) -> Result<Image> { return make_seeded_image(150, 110, static_cast<unsigned>(i)); }},
      threads);
  EXPECT_TRUE(ranges.ok());
  return *ranges;
}

TEST(Calibration, DoesNotDependOnTheNumberOfThreads) {
  const ActivationRanges one = seeded_ranges(1);
  EXPECT_EQ(to_json(one), to_json(seeded_ranges(3)));
  EXPECT_EQ(one.images, 4);
  EXPECT_TRUE(one.layers.contains("backbone.fpn"));
}

TEST(Calibration, ImagesThatCannotBeHadAreLeftOut) {
  const auto only_even = [](size_t i) -> Result<Image> {
    if (i % 2 == 1) return Error{ErrorCode::kCorrupt, "is damaged"};
    return make_seeded_image(64, 64, 1);
  };
  const auto some = measure_activation_ranges(small_weights(), {.count = 3, .load = only_even}, 2);
  ASSERT_TRUE(some.ok());
  EXPECT_EQ(some->images, 2);
  const auto none =
      measure_activation_ranges(small_weights(), {.count = 1, .load = [&](size_t) { return only_even(1); }}, 1);
  ASSERT_FALSE(none.ok());
  EXPECT_NE(none.error().message.find("is damaged"), std::string::npos);
}

using Stages = std::map<std::string, std::vector<float>, std::less<>>;

Stages stages_of(Detector& detector, const Image& image) {
  Stages stages;
  const StageObserver observer = [&](std::string_view stage, std::span<const int64_t>, std::span<const float> values) {
    stages[std::string(stage)].assign(values.begin(), values.end());
  };
  EXPECT_TRUE(detector.detect(image, {}, &observer).ok());
  return stages;
}

double signal_to_noise_db(const std::vector<float>& expected, const std::vector<float>& found) {
  double signal = 0, noise = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    signal += expected[i] * expected[i];
    noise += (found[i] - expected[i]) * (found[i] - expected[i]);
  }
  return 10 * std::log10(signal / noise);
}

// What the stages hand on; which boxes come out of random weights hangs on a hair. Some fifty layers with about 40 dB
// each leave 20 dB; a wrong scale anywhere leaves 6 dB or less.
TEST(Detector, Int8ComputesNearlyWhatFloat32Computes) {
  if (!supports_int8()) GTEST_SKIP() << "this processor cannot compute in int8";
  Detector floats(small_model()), integers(small_model({.precision = Precision::kInt8, .ranges = seeded_ranges(2)}));
  constexpr unsigned kPictures = 3, kBest = 10;
  float expected_scores = 0, found_scores = 0;
  for (unsigned seed = 1; seed <= kPictures; ++seed) {
    const Image image = make_seeded_image(150, 110, seed);
    const Stages expected = stages_of(floats, image), found = stages_of(integers, image);
    for (const char* stage : {"transform", "C2", "C3", "C4", "C5", "P2", "P3", "P4", "P5", "P6", "rpn_logits.P2",
                              "rpn_logits.P4", "rpn_deltas.P3"}) {
      EXPECT_GT(signal_to_noise_db(expected.at(stage), found.at(stage)), 14) << stage << " of picture " << seed;
    }
    ASSERT_GE(expected.at("scores").size(), kBest);
    ASSERT_GE(found.at("scores").size(), kBest);
    for (unsigned i = 0; i < kBest; ++i) {
      expected_scores += expected.at("scores")[i] / (kPictures * kBest);
      found_scores += found.at("scores")[i] / (kPictures * kBest);
    }
  }
  EXPECT_NEAR(found_scores, expected_scores, 0.1) << "the mean of the best";
}

TEST(Detector, LayersThatEightBitsAreTooFewForStayInFloats) {
  if (!supports_int8()) GTEST_SKIP() << "this processor cannot compute in int8";
  ActivationRanges ranges = seeded_ranges(1);
  const Image image = make_seeded_image(150, 110, 1);
  Detector floats(small_model());
  const DetectorOutput expected = detect(floats, image);
  // Some, in every place where formats meet; then all.
  for (const char* layer :
       {"backbone.body.conv1", "backbone.body.layer1.0.downsample.0", "backbone.body.layer2.1.conv3",
        "backbone.fpn.inner_blocks.1.0", "roi_heads.box_head.fc6", "rpn.head.conv.0.0"}) {
    ranges.layers.at(layer).sqnr_db = 1;
  }
  Detector mixed(small_model({.precision = Precision::kInt8, .ranges = ranges}));
  const DetectorOutput output = detect(mixed, image);
  EXPECT_NEAR(output.detections.at(0).score, expected.detections.at(0).score, 0.1);

  for (auto& [name, range] : ranges.layers) range.sqnr_db = 1;
  Detector all(small_model({.precision = Precision::kInt8, .ranges = ranges}));
  const DetectorOutput nearly = detect(all, image);  // the input is rounded still
  EXPECT_NEAR(nearly.detections.at(0).score, expected.detections.at(0).score, 0.05);
}

TEST(DetectorModel, Int8NeedsTheRangesOfEveryLayer) {
  if (!supports_int8()) GTEST_SKIP() << "this processor cannot compute in int8";
  const auto without = DetectorModel::create(small_weights(), {.precision = Precision::kInt8});
  ASSERT_FALSE(without.ok());
  EXPECT_NE(without.error().message.find("pretag model quantize"), std::string::npos);
  ActivationRanges ranges = seeded_ranges(1);
  ranges.layers.erase("backbone.fpn");
  const auto broken = DetectorModel::create(small_weights(), {.precision = Precision::kInt8, .ranges = ranges});
  ASSERT_FALSE(broken.ok());
  EXPECT_NE(broken.error().message.find("backbone.fpn"), std::string::npos);
}

TEST(Detector, EveryObjectHasAnEmbeddingOfUnitLengthAndTheyTellThemApart) {
  for (const Precision precision : {Precision::kFloat32, Precision::kBFloat16, Precision::kInt8}) {
    if (!resolve_precision(precision, true).ok()) continue;
    Detector detector(small_model({.precision = precision, .ranges = seeded_ranges(1)}));
    const auto detections = detect(detector, make_seeded_image(150, 110, 1)).detections;
    ASSERT_GT(detections.size(), 5u);
    size_t like_the_first = 0;
    for (const Detection& d : detections) {
      ASSERT_EQ(d.embedding.size(), 128u);
      double length = 0;
      for (const float value : d.embedding) length += value * value;
      EXPECT_NEAR(length, 1, 1e-5);
      like_the_first += d.embedding == detections[0].embedding ? 1 : 0;
    }
    EXPECT_LT(like_the_first, detections.size());
  }
}

TEST(Detector, ScoreThresholdAndLimitAreRespected) {
  const Image image = make_seeded_image(150, 110, 1);
  Detector all(small_model()),
      few(small_model({.precision = Precision::kFloat32, .score_threshold = 0.3f, .max_detections = 5}));
  const auto every = detect(all, image).detections, some = detect(few, image).detections;
  ASSERT_GT(every.size(), 5u);
  ASSERT_LE(some.size(), 5u);
  for (size_t i = 0; i < some.size(); ++i) {
    EXPECT_EQ(some[i].box_in_image, every[i].box_in_image);
    EXPECT_EQ(some[i].embedding, every[i].embedding);  // however many other objects are reported
  }
}

TEST(Detector, LessAccuracyIsASmallerInput) {
  const Image image = make_seeded_image(160, 96, 1);
  const auto input_of = [&](Accuracy accuracy) {
    Detector detector(small_model({.precision = Precision::kFloat32, .accuracy = accuracy}));
    std::vector<int64_t> input;
    const StageObserver observer = [&](std::string_view stage, std::span<const int64_t> shape, std::span<const float>) {
      if (stage == "transform") input.assign(shape.begin(), shape.end());
    };
    EXPECT_TRUE(detector.detect(image, {}, &observer).ok());
    return input;
  };
  EXPECT_EQ(input_of(Accuracy::kFull), (std::vector<int64_t>{1, 3, 96, 160}));
  EXPECT_EQ(input_of(Accuracy::kBalanced), (std::vector<int64_t>{1, 3, 96, 128}));  // 72 x 120, padded
  EXPECT_EQ(input_of(Accuracy::kFast), (std::vector<int64_t>{1, 3, 64, 96}));       // 48 x 80, padded
}

TEST(Detector, TheBestAccuracyIsTheFullSizeAndHalfOfItPutTogether) {
  const auto large_things =
      make_seeded_weights({.min_size = 96, .max_size = 160, .anchor_sizes = {32, 64, 80, 96, 128}});
  const Image image = make_seeded_image(160, 96, 1);  // as large as the full input
  const auto output_of = [&](Accuracy accuracy) {
    const DetectorOptions options{
        .precision = Precision::kFloat32, .accuracy = accuracy, .score_threshold = 0.02f, .max_detections = 1000};
    Detector detector(*DetectorModel::create(large_things, options));
    return detect(detector, image);
  };
  const auto classes = read_model_metadata(*large_things)->classes;
  const auto found_in = [&](const DetectorOutput& output) {
    std::vector<RoiDetection> found;
    for (const Detection& d : output.detections) {
      const auto index = std::distance(classes.begin(), std::ranges::find(classes, d.label));
      found.push_back({d.box_in_image, static_cast<int>(index), d.score, d.probabilities, 0, d.embedding});
    }
    return found;
  };
  const DetectorOutput full = output_of(Accuracy::kFull), best = output_of(Accuracy::kBest);
  const auto fused =
      fuse_views(found_in(full), found_in(output_of(Accuracy::kFast)), {.score_threshold = 0.02f, .most = 1000});
  ASSERT_EQ(best.detections.size(), fused.size());
  ASSERT_GT(fused.size(), 3u);
  bool is_other = false;
  for (size_t i = 0; i < fused.size(); ++i) {
    const Detection& d = best.detections[i];
    EXPECT_NEAR(d.score, fused[i].score, 1e-4f);
    EXPECT_GT(iou(d.box_in_image, fused[i].box_in_net), 0.999f);
    EXPECT_EQ(d.embedding, fused[i].embedding);
    is_other = is_other || i >= full.detections.size() || std::abs(d.score - full.detections[i].score) > 1e-3f;
  }
  EXPECT_TRUE(is_other) << "the second size changes nothing";
  EXPECT_EQ(best.embedding, full.embedding);
}

TEST(Detector, AnOffsetOfTheLogitsIsForOneInputSizeAndOneClass) {
  const Image image = make_seeded_image(160, 96, 1);
  std::map<std::string, std::string> strings = small_weights()->metadata();
  strings[kLogitOffsetsKey] = R"({"48": {"car": 1.5}})";
  const auto shifted = std::make_shared<const WeightFile>(small_weights()->tensors(), strings, small_weights());
  const auto detections = [&](const std::shared_ptr<const WeightFile>& weights, Accuracy accuracy) {
    const DetectorOptions options{
        .precision = Precision::kFloat32, .accuracy = accuracy, .score_threshold = 0, .max_detections = 10'000};
    Detector detector(*DetectorModel::create(weights, options));
    return detect(detector, image).detections;
  };
  const auto same = detections(shifted, Accuracy::kFull), as_before = detections(small_weights(), Accuracy::kFull);
  ASSERT_EQ(same.size(), as_before.size());
  for (size_t i = 0; i < same.size(); ++i) EXPECT_EQ(same[i].probabilities, as_before[i].probabilities);

  // The same object, by its embedding.
  std::map<Embedding, std::vector<float>> before;
  for (const Detection& d : detections(small_weights(), Accuracy::kFast)) before[d.embedding] = d.probabilities;
  const auto found = std::ranges::find(pretagging_classes(), "car");
  const auto car = static_cast<size_t>(1 + std::distance(pretagging_classes().begin(), found));
  size_t compared = 0;
  for (const Detection& d : detections(shifted, Accuracy::kFast)) {
    const auto plain = before.find(d.embedding);
    if (plain == before.end()) continue;
    ++compared;
    for (size_t c = 1; c < d.probabilities.size(); ++c) {
      const float odds = d.probabilities[c] / d.probabilities[0], odds_before = plain->second[c] / plain->second[0];
      EXPECT_NEAR(std::log(odds / odds_before), c == car ? 1.5f : 0.0f, 1e-3f);
    }
  }
  EXPECT_GT(compared, 10u);
}

TEST(Detector, LessAccuracyIsNeverLessThanTheNetworkCanSee) {
  EXPECT_EQ(input_side(800, Accuracy::kBalanced), 600);
  EXPECT_EQ(input_side(1333, Accuracy::kFast), 667);
  EXPECT_EQ(input_side(40, Accuracy::kFast), 32);
  EXPECT_EQ(input_side(800, Accuracy::kBest), 800);
  EXPECT_EQ(input_side(20, Accuracy::kFast), 20);  // the model's own words
}

TEST(DetectorModel, NamesAMissingParameter) {
  auto tensors = small_weights()->tensors();
  tensors.erase("backbone.body.layer3.2.bn2.running_var");
  const auto broken = std::make_shared<const WeightFile>(tensors, small_weights()->metadata(), small_weights());
  const auto model = DetectorModel::create(broken, {});
  ASSERT_FALSE(model.ok());
  EXPECT_NE(model.error().message.find("backbone.body.layer3.2.bn2.running_var"), std::string::npos);
}

TEST(DetectorModel, RefusesWeightsThatAreNotNumbers) {
  auto tensors = small_weights()->tensors();
  WeightTensor& bias = tensors.at("rpn.head.cls_logits.bias");
  const std::vector<float> values(3, std::numeric_limits<float>::quiet_NaN());
  bias.bytes = std::as_bytes(std::span(values));
  const auto broken = std::make_shared<const WeightFile>(tensors, small_weights()->metadata(), small_weights());
  const auto model = DetectorModel::create(broken, {});
  ASSERT_FALSE(model.ok());
  EXPECT_NE(model.error().message.find("rpn.head.cls_logits.bias"), std::string::npos);
}

}  // namespace
}  // namespace pretag
