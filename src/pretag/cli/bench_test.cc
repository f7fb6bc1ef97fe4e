#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "pretag/cli/bench_frames.h"
#include "pretag/cli/bench_model.h"
#include "pretag/cli/bench_peak.h"
#include "pretag/cli/bench_profile.h"
#include "pretag/cli/bench_result.h"
#include "pretag/cli/bench_speed.h"
#include "pretag/cli/commands.h"
#include "pretag/cli/median.h"
#include "pretag/image/decode.h"
#include "support/manual_clock.h"
#include "support/temporary_folder.h"

namespace pretag {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string line_with(const std::string& text, const std::string& part) {
  for (const std::string& line : lines_of(text)) {
    if (line.find(part) != std::string::npos) return line;
  }
  ADD_FAILURE() << "no line with " << part << " in\n" << text;
  return {};
}

// An image with two layers, the second in float32 and called twice, and two stages of which one comes twice.
ImageTimes recorded(double factor) {
  ManualClock clock;
  ImageRecorder recorder(clock);
  const ConvolutionSpec first{.name = "first", .in = unsigned_format(1)}, second{.name = "second"};
  const auto million = [](int millions) { return int64_t{1'000'000} * millions; };
  recorder.convolved({first, "brgconv:vnni", million(100), 0.010 * factor});
  clock.advance(0.020 * factor);
  recorder.lap("backbone");
  recorder.convolved({second, "jit_wino:avx512", million(30), 0.020 * factor});
  clock.advance(0.050 * factor);
  recorder.lap("RPN");
  recorder.convolved({second, "jit:avx512", million(10), 0.020 * factor});
  clock.advance(0.030 * factor);
  recorder.lap("backbone");
  return recorder.times();
}

const std::vector<BenchPeak> kPeaks = {{Precision::kFloat32, 4, "256x56x56", "jit"},
                                       {Precision::kInt8, 40, "512x28x28", "brgconv"}};

TEST(Bench, LayersAndStagesAreAddedUpByName) {
  const ImageTimes times = recorded(1);
  ASSERT_EQ(times.layers.size(), 2u);
  EXPECT_EQ(times.layers[1].calls, 2);
  EXPECT_DOUBLE_EQ(times.layers[1].multiplications, 40e6);
  EXPECT_EQ(times.layers[1].implementation, "jit_wino:avx512+jit:avx512");
  EXPECT_EQ(times.layers[0].computed_in, Precision::kInt8);
  EXPECT_EQ(times.layers[1].computed_in, Precision::kFloat32);
  ASSERT_EQ(times.stages.size(), 2u);
  EXPECT_NEAR(times.stages[0].seconds, 0.050, 1e-9);
  EXPECT_NEAR(times.seconds(), 0.100, 1e-9);
  EXPECT_NEAR(times.convolution_seconds(), 0.050, 1e-9);
}

TEST(Bench, ProfilesHaveMediansAndSharesThatAddUp) {
  const BenchProfile profile =
      summarise(Precision::kInt8, {recorded(1), recorded(1), recorded(5)}, kPeaks);  // the last was disturbed
  EXPECT_EQ(profile.images, 3);
  EXPECT_NEAR(profile.image_seconds, 0.100, 1e-9);
  EXPECT_NEAR(profile.convolution_share, 0.5, 1e-9);
  EXPECT_NEAR(profile.layers[0].gflops, 20, 1e-6);
  EXPECT_NEAR(profile.layers[0].peak_share, 0.5, 1e-6);
  EXPECT_NEAR(profile.layers[1].peak_share, 0.5, 1e-6);  // of float32's
  EXPECT_NEAR(profile.layers[1].share, 0.4, 1e-9);
  double shares = 0;
  for (const BenchStage& stage : profile.stages) shares += stage.share;
  EXPECT_NEAR(shares, 1, 1e-9);
}

BenchResult made_up() {
  BenchResult result;
  result.cpu = {.name = "A Processor", .avx2 = true};
  result.onednn_isa = "AVX2";
  result.libraries = {{"oneDNN", "2.6.3"}};
  result.model = "/models/m.safetensors", result.min_size = 800, result.max_size = 1333;
  result.images = "a synthetic frame, 1280x720", result.ranges = "the model's";
  result.chosen = Precision::kInt8;
  result.peaks = kPeaks;
  result.profiles = {summarise(Precision::kFloat32, {recorded(2)}, kPeaks),
                     summarise(Precision::kInt8, {recorded(1)}, kPeaks)};
  result.profiles[1].layers[0].name = "backbone.body.layer4.2.downsample.0.of.a.longer.name";
  result.layouts = {{800, 1333, Accuracy::kFull, Precision::kFloat32, 1, 2, {2}},
                    {800, 1333, Accuracy::kFull, Precision::kInt8, 4, 12, {12}}};
  result.presets = {{800, 1333, Accuracy::kFull, Precision::kInt8, 4, 12, {12}},
                    {800, 1333, Accuracy::kFast, Precision::kInt8, 4, 36, {36}}};
  return result;
}

TEST(Bench, TablesFitATerminalAndShowTheChosenPrecisionsLayers) {
  const std::string text = bench_text(made_up());
  for (const std::string& line : lines_of(text)) EXPECT_LE(line.size(), 100u) << line;
  EXPECT_THAT(text, HasSubstr("Layers in int8, one thread, median of 1 images of 100.00 ms; 50.0 % of the time"));
  EXPECT_THAT(text, Not(HasSubstr("Layers in f32")));
  EXPECT_THAT(line_with(text, "second"), HasSubstr("40.00  40.0 %      2.0   50.0 %w f32  jit_wino+jit"));
  EXPECT_THAT(text, HasSubstr("w: Winograd"));
  EXPECT_THAT(line_with(text, "RPN"), HasSubstr("100.00   50.0 %     50.00   50.0 %"));
  EXPECT_THAT(line_with(text, "in convolutions"), HasSubstr("50.0 %"));
}

TEST(Bench, SpeedsAreComparedWithTheFirstOfTheirInput) {
  const std::string text = bench_text(made_up());
  EXPECT_THAT(line_with(text, "800 x 1333      int8"), HasSubstr("4       12.00    6.00"));
  EXPECT_THAT(line_with(text, "400 x 667"), HasSubstr("36.00    3.00"));
}

TEST(Bench, JsonHasEverything) {
  const auto json = nlohmann::json::parse(bench_json(made_up()));
  EXPECT_EQ(json["chosen_precision"], "int8");
  EXPECT_EQ(json["peaks"][1]["gflops"], 40);
  EXPECT_EQ(json["profiles"][1]["layers"][1]["calls"], 2);
  EXPECT_EQ(json["profiles"][1]["layers"][1]["gmac"], 0.04);
  EXPECT_EQ(json["profiles"][0]["stages"][1]["name"], "RPN");
  EXPECT_EQ(json["layouts"][1]["images_per_second"], 12);
  EXPECT_EQ(json["presets"][1]["min_size"], 400);
  EXPECT_EQ(json["machine"]["libraries"]["oneDNN"], "2.6.3");
}

TEST(Bench, ThreadsDoubleUpToAllCores) {
  EXPECT_THAT(thread_counts(1), ElementsAre(1));
  EXPECT_THAT(thread_counts(2), ElementsAre(1, 2));
  EXPECT_THAT(thread_counts(12), ElementsAre(1, 2, 4, 8, 12));
}

TEST(Bench, OnlyTheChosenPrecisionIsMeasuredWithEveryNumberOfThreads) {
  BenchModel model;
  model.precisions = {Precision::kFloat32, Precision::kInt8}, model.chosen = Precision::kInt8;
  std::vector<std::pair<Precision, int>> variants;
  for (const BenchSpeed& v : layout_variants(model, 800, 1333, 4)) variants.emplace_back(v.precision, v.threads);
  using P = Precision;
  EXPECT_THAT(variants, ElementsAre(std::pair(P::kFloat32, 1), std::pair(P::kFloat32, 4), std::pair(P::kInt8, 1),
                                    std::pair(P::kInt8, 2), std::pair(P::kInt8, 4)));
}

TEST(Bench, MedianIsTheMiddle) {
  EXPECT_EQ(median({}), 0);
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({9, 1, 2, 4}), 3);
}

TEST(Bench, ThePeakIsMeasured) {
  const auto peak = measure_peak(nullptr, Precision::kFloat32);
  ASSERT_TRUE(peak.ok()) << peak.error().message;
  EXPECT_GT(peak->gflops, 0);
  EXPECT_FALSE(peak->implementation.empty());
}

TEST(Bench, TheSyntheticFrameIsAPicture) {
  const auto frames = synthetic_frame();
  ASSERT_TRUE(frames.ok());
  const auto image = decode_image(frames->encoded.at(0));
  ASSERT_TRUE(image.ok());
  EXPECT_EQ(image->width, 1280);
  EXPECT_EQ(image->height, 720);
}

TEST(Bench, FramesAreThoseThatCanBeDecoded) {
  const TemporaryFolder folder;
  folder.write("broken.jpg", "no picture");
  auto frames = frames_of(folder.path(), 4);
  ASSERT_FALSE(frames.ok());
  EXPECT_EQ(frames.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(frames.error().message, HasSubstr("broken.jpg"));

  const auto encoded = synthetic_frame();
  folder.write("whole.jpg", {reinterpret_cast<const char*>(encoded->encoded[0].data()), encoded->encoded[0].size()});
  frames = frames_of(folder.path(), 4);
  ASSERT_TRUE(frames.ok());
  EXPECT_EQ(frames->encoded.size(), 1u);
  EXPECT_THAT(frames->description, HasSubstr("1280x720"));
}

// The exit code of `pretag bench ARGUMENTS` and what it says.
std::pair<int, std::string> pretag_bench(std::vector<std::string> arguments) {
  CLI::App app("test");
  std::function<int()> action;
  add_bench_command(app, action);
  arguments.insert(arguments.begin(), "bench");
  std::ranges::reverse(arguments);  // CLI11 takes them from the back
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return {2, error.what()};
  }
  testing::internal::CaptureStderr();
  const int code = action();
  return {code, testing::internal::GetCapturedStderr()};
}

TEST(Bench, WrongArgumentsAreExplained) {
  const TemporaryFolder folder;
  EXPECT_THAT(pretag_bench({"--precision", "f16"}).second, HasSubstr("f16"));
  EXPECT_EQ(pretag_bench({"--precision", "f16"}).first, 2);
  const auto [unknown, unknown_message] = pretag_bench({folder / "no.safetensors"});
  EXPECT_EQ(unknown, 1);
  EXPECT_THAT(unknown_message, HasSubstr("no.safetensors"));
  folder.write("m.safetensors", "x");
  const auto [empty, empty_message] = pretag_bench({folder / "m.safetensors", "--images", folder.path()});
  EXPECT_EQ(empty, 2);
  EXPECT_THAT(empty_message, HasSubstr("no image to compute"));
  const auto [nowhere, nowhere_message] = pretag_bench({folder / "m.safetensors", "--json", folder / "no/bench.json"});
  EXPECT_EQ(nowhere, 2);
  EXPECT_THAT(nowhere_message, HasSubstr("no/bench.json"));
}

}  // namespace
}  // namespace pretag
