#include "pretag/detect/calibration.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "pretag/detect/detector.h"
#include "pretag/nn/range_collector.h"

namespace pretag {
namespace {

// What all threads share; counts are whole numbers, so the order in which threads add theirs does not matter.
struct Shared {
  std::atomic<size_t> next = 0;
  std::mutex mutex;  // of what follows
  RangeCollector collector;
  size_t done = 0;
  int used = 0;
  Status status, last_unreadable;
};

void measure(const std::shared_ptr<const DetectorModel>& model, const CalibrationImages& images, Shared& shared) {
  RangeCollector collector;
  Detector detector(model);
  Status status =
      detector.observe_layers([&](const std::string& layer, const Tensor& output) { collector.add(layer, output); });
  for (size_t index; status.ok() && (index = shared.next++) < images.count;) {
    const auto image = images.load(index);
    if (image) {
      if (auto found = detector.detect(*image); !found) status = found.error();
    }
    const std::scoped_lock lock(shared.mutex);
    shared.used += image.ok() ? 1 : 0;
    if (!image) shared.last_unreadable = image.error();
    // What is away, or is to stop, says nothing of the one picture: the ranges would be those of a few.
    const bool of_all =
        !image && (image.error().code == ErrorCode::kUnavailable || image.error().code == ErrorCode::kCancelled);
    if (of_all) status = image.error();
    images.progress(++shared.done);
  }
  const std::scoped_lock lock(shared.mutex);
  shared.collector.merge(collector);
  if (!status) shared.status = status;
}

}  // namespace

Result<ActivationRanges> measure_activation_ranges(std::shared_ptr<const WeightFile> weights,
                                                   const CalibrationImages& images, int threads) {
  PRETAG_ASSIGN(const auto model, DetectorModel::create(std::move(weights), {.precision = Precision::kFloat32,
                                                                             .arena_bytes = arena_share(threads)}));
  Shared shared;
  {
    std::vector<std::jthread> running;
    for (int i = 0; i < std::max(threads, 1); ++i) running.emplace_back([&] { measure(model, images, shared); });
  }
  PRETAG_TRY(shared.status);
  if (shared.used == 0) {
    const std::string reason = shared.last_unreadable.ok() ? "there is none" : shared.last_unreadable.error().message;
    return Error{ErrorCode::kInvalidArgument, fmt::format("no image to measure activation ranges on: {}", reason)};
  }
  if (const std::string layer = shared.collector.non_finite_layer(); !layer.empty()) {
    return Error{ErrorCode::kCorrupt, fmt::format("the layer '{}' {}", layer, kDiverged)};
  }
  return ActivationRanges{.layers = shared.collector.ranges(), .images = shared.used, .model_sha256 = {}};
}

}  // namespace pretag
