#include "pretag/cli/bench_speed.h"

#include <fmt/format.h>

#include <barrier>
#include <map>
#include <numeric>
#include <thread>
#include <tuple>

#include "pretag/cli/median.h"
#include "pretag/image/decode.h"
#include "pretag/util/clock.h"
#include "pretag/util/memory_nodes.h"

namespace pretag {
namespace {

using ModelPointer = std::shared_ptr<const DetectorModel>;

Status compute(Detector& detector, const BenchFrames& frames, size_t index) {
  PRETAG_ASSIGN(const Image image, decode_image(frames.encoded[index % frames.encoded.size()]));
  PRETAG_TRY(detector.detect(image));
  return {};
}

// One thread's images a second, while the others compute, too. Threads end at different times, so their rates are added
// rather than the images counted: nobody waits for the last one.
Result<double> rate_of_thread(const ModelPointer& model, const BenchFrames& frames, size_t first, double least_seconds,
                              std::barrier<>& all_warm) {
  Detector detector(model);
  const Status warm = compute(detector, frames, first);
  all_warm.arrive_and_wait();
  PRETAG_TRY(warm);
  const double start = steady_clock().seconds();
  double elapsed = 0;
  size_t done = 0;
  while (done == 0 || elapsed < least_seconds) {
    PRETAG_TRY(compute(detector, frames, first + ++done));
    elapsed = steady_clock().seconds() - start;
  }
  return static_cast<double>(done) / elapsed;
}

Result<double> images_per_second(const ModelPointer& model, const BenchFrames& frames, int threads,
                                 double least_seconds) {
  std::vector<Result<double>> rates(static_cast<size_t>(threads), Result<double>(0.0));
  {
    std::barrier<> all_warm(threads);
    const ThreadSpread spread(threads, memory_nodes());  // as a run does
    std::vector<std::jthread> running;
    for (size_t i = 0; i < rates.size(); ++i) {
      running.emplace_back([&, i] {
        spread.place(static_cast<int>(i));
        rates[i] = rate_of_thread(model, frames, i, least_seconds, all_warm);
      });
    }
  }
  double sum = 0;
  for (const Result<double>& rate : rates) {
    if (!rate) return rate.error();
    sum += *rate;
  }
  return sum;
}

// Variants that differ in the number of threads share their weights.
class Models {
 public:
  Result<ModelPointer> of(const BenchModel& model, const BenchSpeed& variant) {
    ModelPointer& known = models_[{variant.precision, variant.min_size, variant.max_size, variant.accuracy}];
    if (!known) {
      PRETAG_ASSIGN(
          known,
          detector_of(model, variant.precision,
                      {.min_size = variant.min_size, .max_size = variant.max_size, .accuracy = variant.accuracy}));
    }
    return known;
  }

 private:
  std::map<std::tuple<Precision, int, int, Accuracy>, ModelPointer> models_;
};

}  // namespace

std::vector<int> thread_counts(int cores) {
  std::vector<int> counts;
  for (int count = 1; count < cores; count *= 2) counts.push_back(count);
  counts.push_back(cores);
  return counts;
}

std::vector<BenchSpeed> layout_variants(const BenchModel& model, int min_size, int max_size, int cores) {
  std::vector<BenchSpeed> variants;
  for (const Precision precision : model.precisions) {
    for (const int threads : thread_counts(cores)) {
      if (precision != model.chosen && threads != 1 && threads != cores) continue;
      BenchSpeed variant;
      variant.min_size = min_size, variant.max_size = max_size;
      variant.precision = precision, variant.threads = threads;
      variants.push_back(variant);
    }
  }
  return variants;
}

std::vector<BenchSpeed> preset_variants(const BenchModel& model, int cores) {
  std::vector<BenchSpeed> variants;
  for (const Accuracy accuracy : {Accuracy::kFull, Accuracy::kBalanced, Accuracy::kFast, Accuracy::kBest}) {
    BenchSpeed variant;
    variant.min_size = model.min_size, variant.max_size = model.max_size;
    variant.accuracy = accuracy, variant.precision = model.chosen, variant.threads = cores;
    variants.push_back(variant);
  }
  return variants;
}

Status measure_speeds(const BenchModel& model, const BenchFrames& frames, const SpeedPlan& plan,
                      const BenchProgress& progress, std::vector<BenchSpeed>& variants) {
  Models models;
  for (int round = 1; round <= plan.rounds; ++round) {
    for (BenchSpeed& variant : variants) {
      progress(fmt::format("images a second, round {} of {}: {}, {} x {}, accuracy={}, {} thread{}", round, plan.rounds,
                           name_of(variant.precision), variant.min_size, variant.max_size, name_of(variant.accuracy),
                           variant.threads, variant.threads == 1 ? "" : "s"));
      PRETAG_ASSIGN(const ModelPointer detector, models.of(model, variant));
      PRETAG_ASSIGN(const double rate, images_per_second(detector, frames, variant.threads, plan.least_seconds));
      variant.rounds.push_back(rate);
    }
  }
  for (BenchSpeed& variant : variants) variant.images_per_second = median(variant.rounds);
  return {};
}

}  // namespace pretag
