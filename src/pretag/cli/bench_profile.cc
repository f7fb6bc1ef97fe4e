#include "pretag/cli/bench_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "pretag/cli/bench_peak.h"
#include "pretag/cli/median.h"
#include "pretag/image/decode.h"

namespace pretag {
namespace {

constexpr std::string_view kDecodeStage = "decode";
constexpr std::string_view kOtherStage = "other";  // after the last lap: hardly anything

Precision precision_of(ElementType type) {
  if (type == ElementType::kUInt8 || type == ElementType::kInt8) return Precision::kInt8;
  return type == ElementType::kBFloat16 ? Precision::kBFloat16 : Precision::kFloat32;
}

double peak_of(const std::vector<BenchPeak>& peaks, Precision precision) {
  const auto found = std::ranges::find(peaks, precision, &BenchPeak::precision);
  return found == peaks.end() ? 0 : found->gflops;
}

// The entry of that name, a new one if there is none.
template <class Entry>
Entry& entry_named(std::vector<Entry>& entries, std::map<std::string, size_t, std::less<>>& index,
                   std::string_view name) {
  const auto [found, is_new] = index.try_emplace(std::string(name), entries.size());
  if (is_new) entries.emplace_back().name = name;
  return entries[found->second];
}

// The entries of all images, grouped by name, in the order in which the first image has them.
template <class Entry>
std::vector<std::vector<Entry>> grouped(const std::vector<ImageTimes>& images,
                                        std::vector<Entry> ImageTimes::*entries) {
  std::vector<std::vector<Entry>> groups;
  std::map<std::string, size_t> index;
  for (const ImageTimes& image : images) {
    for (const Entry& entry : image.*entries) {
      const auto [found, is_new] = index.try_emplace(entry.name, groups.size());
      if (is_new) groups.emplace_back();
      groups[found->second].push_back(entry);
    }
  }
  return groups;
}

// Of each image's whole time, by entry: `entries` of all images together, each divided by its image's time.
template <class Entry>
std::map<std::string, double> mean_shares(const std::vector<ImageTimes>& images,
                                          std::vector<Entry> ImageTimes::*entries) {
  std::map<std::string, double> shares;
  for (const ImageTimes& image : images) {
    const double whole = image.seconds() * static_cast<double>(images.size());
    for (const Entry& entry : image.*entries) shares[entry.name] += whole > 0 ? entry.seconds / whole : 0;
  }
  return shares;
}

BenchLayer summarise_layer(const std::vector<ImageTimes::Layer>& times, double share,
                           const std::vector<BenchPeak>& peaks) {
  BenchLayer layer;
  layer.name = times.front().name;
  layer.computed_in = times.front().computed_in;
  layer.implementation = times.front().implementation;
  layer.calls = times.front().calls;
  layer.share = share;
  std::vector<double> seconds, gflops;
  for (const ImageTimes::Layer& time : times) {
    seconds.push_back(time.seconds);
    gflops.push_back(time.seconds > 0 ? 2e-9 * time.multiplications / time.seconds : 0);
    layer.multiplications += time.multiplications / static_cast<double>(times.size());
  }
  layer.seconds = median(seconds), layer.gflops = median(gflops);
  const double peak = peak_of(peaks, layer.computed_in);
  layer.peak_share = peak > 0 ? layer.gflops / peak : 0;
  return layer;
}

Result<ImageTimes> time_image(Detector& detector, std::span<const std::byte> encoded) {
  ImageRecorder recorder;
  PRETAG_TRY(detector.set_profile(&recorder));
  const auto image = decode_image(encoded);
  recorder.lap(kDecodeStage);
  const auto found = image ? detector.detect(*image) : image.error();
  recorder.lap(kOtherStage);
  PRETAG_TRY(detector.set_profile(nullptr));
  if (!found) return found.error();
  return recorder.times();
}

// The processor's speed comes and goes on shared machines: the best of all rounds is its peak.
Status keep_peak(const BenchModel& model, Precision precision, std::vector<BenchPeak>& peaks) {
  PRETAG_ASSIGN(BenchPeak peak, measure_peak(model.gpus.empty() ? nullptr : model.gpus.front(), precision));
  const auto known = std::ranges::find(peaks, precision, &BenchPeak::precision);
  if (known == peaks.end()) {
    peaks.push_back(std::move(peak));
  } else if (peak.gflops > known->gflops) {
    *known = std::move(peak);
  }
  return {};
}

}  // namespace

double ImageTimes::seconds() const {
  return std::accumulate(stages.begin(), stages.end(), 0.0, [](double sum, const Stage& s) { return sum + s.seconds; });
}

double ImageTimes::convolution_seconds() const {
  return std::accumulate(layers.begin(), layers.end(), 0.0, [](double sum, const Layer& l) { return sum + l.seconds; });
}

void ImageRecorder::convolved(const ConvolutionWork& work) {
  ImageTimes::Layer& layer = entry_named(times_.layers, layer_index_, work.spec.name);
  layer.computed_in = precision_of(work.spec.in.type);
  ++layer.calls;
  layer.multiplications += static_cast<double>(work.multiplications);
  layer.seconds += work.seconds;
  if (layer.implementation.find(work.implementation) == std::string::npos) {
    layer.implementation += (layer.implementation.empty() ? "" : "+") + std::string(work.implementation);
  }
}

void ImageRecorder::lap(std::string_view stage) {
  const double now = clock_.seconds();
  entry_named(times_.stages, stage_index_, stage).seconds += now - last_;
  last_ = now;
}

BenchProfile summarise(Precision precision, const std::vector<ImageTimes>& images,
                       const std::vector<BenchPeak>& peaks) {
  BenchProfile profile;
  profile.precision = precision;
  profile.images = static_cast<int>(images.size());
  std::vector<double> seconds;
  for (const ImageTimes& image : images) seconds.push_back(image.seconds());
  profile.image_seconds = median(seconds);

  const auto layer_shares = mean_shares(images, &ImageTimes::layers);
  for (const auto& times : grouped(images, &ImageTimes::layers)) {
    profile.layers.push_back(summarise_layer(times, layer_shares.at(times.front().name), peaks));
    profile.convolution_share += profile.layers.back().share;
  }
  const auto stage_shares = mean_shares(images, &ImageTimes::stages);
  for (const auto& times : grouped(images, &ImageTimes::stages)) {
    std::vector<double> of_stage;
    for (const ImageTimes::Stage& time : times) of_stage.push_back(time.seconds);
    const std::string& name = times.front().name;
    profile.stages.push_back({.name = name, .seconds = median(of_stage), .share = stage_shares.at(name)});
  }
  return profile;
}

Status profile_precisions(const BenchModel& model, const BenchFrames& frames, int rounds, const BenchProgress& progress,
                          BenchResult& result) {
  std::vector<Detector> detectors;
  for (const Precision precision : model.precisions) {
    PRETAG_ASSIGN(auto detector,
                  detector_of(model, precision, {.min_size = model.min_size, .max_size = model.max_size}));
    detectors.emplace_back(std::move(detector));
  }
  std::vector<std::vector<ImageTimes>> images(detectors.size());
  for (int round = 0; round <= rounds; ++round) {  // the first compiles, and does not count
    progress(round == 0 ? "warming up" : fmt::format("layers and stages, round {} of {}", round, rounds));
    for (size_t i = 0; i < detectors.size(); ++i) {
      for (const auto& encoded : frames.encoded) {
        PRETAG_ASSIGN(ImageTimes times, time_image(detectors[i], encoded));
        if (round > 0) images[i].push_back(std::move(times));
      }
    }
    // Some layers are computed in float32 whatever the precision.
    PRETAG_TRY(keep_peak(model, Precision::kFloat32, result.peaks));
    for (const Precision precision : model.precisions) {
      if (precision != Precision::kFloat32) PRETAG_TRY(keep_peak(model, precision, result.peaks));
    }
  }
  for (size_t i = 0; i < detectors.size(); ++i) {
    result.profiles.push_back(summarise(model.precisions[i], images[i], result.peaks));
  }
  return {};
}

}  // namespace pretag
