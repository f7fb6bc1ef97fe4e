#include "pretag/select/k_center.h"

#include <algorithm>
#include <cmath>

#include "pretag/select/coverage.h"
#include "pretag/select/shortlist.h"

namespace pretag {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

// The copies of a shortlist should stay in the second-level cache of a core.
constexpr size_t kShortlistBytes = size_t{1} << 20;

size_t shortlist_size(const SampleVectors& vectors) {
  const size_t samples = std::max<size_t>(vectors.samples(), 1);
  const size_t bytes = std::max<size_t>(vectors.rows.rows * vectors.rows.columns * sizeof(float) / samples, 4);
  return std::max<size_t>(kShortlistBytes / bytes, 64);
}

// Works in rounds: the samples with the highest bounds are brought up to date together, and the greedy algorithm goes
// on among them alone for as long as its best is ahead of anything else.
class KCenter {
 public:
  KCenter(const SampleVectors& vectors, const KCenterOptions& options)
      : options_(options),
        coverage_(vectors, options.threads),
        key_of_(options.fixed.empty() ? DistanceKey(options.minimum_distance)
                                      : DistanceKey(options.minimum_distance, options.strength, options.fixed)),
        free_(options.eligible.begin(), options.eligible.end()),
        round_size_(options.shortlist > 0 ? options.shortlist : shortlist_size(vectors)) {
    if (free_.empty()) free_.assign(vectors.samples(), 1);
  }

  Result<std::vector<KCenterPick>> run() {
    begin();
    while (picks_.size() < options_.count && !queue_.empty()) {
      if (options_.cancel != nullptr && *options_.cancel)
        return Error{ErrorCode::kCancelled, "selection was cancelled"};
      round();
    }
    return std::move(picks_);
  }

 private:
  struct Waiting {
    double key;  // an upper bound
    uint32_t sample;
  };
  // The order in which samples are chosen, were all keys exact.
  struct Behind {
    bool operator()(const Waiting& a, const Waiting& b) const {
      return a.key != b.key ? a.key < b.key : a.sample > b.sample;
    }
  };

  void begin();
  uint32_t first_sample() const;
  void pick(uint32_t sample, float squared_distance);
  void round();
  std::vector<uint32_t> take_round();
  void choose_among(std::span<const uint32_t> samples, double least);
  double key(uint32_t sample) const { return key_of_(sample, coverage_.bound(sample)); }

  const KCenterOptions& options_;
  Coverage coverage_;
  const DistanceKey key_of_;
  std::vector<uint8_t> free_;   // of each sample, 0: must not be chosen, or was
  std::vector<Waiting> queue_;  // a heap of all samples that may be chosen, the first of them in front
  const size_t round_size_;
  std::vector<KCenterPick> picks_;
};

void KCenter::begin() {
  for (const uint32_t sample : options_.preselected) {
    coverage_.select(sample);
    free_[sample] = 0;
  }
  while (coverage_.centres() == 0 && picks_.size() < options_.count) {
    const uint32_t first = first_sample();
    if (first == free_.size()) return;
    pick(first, std::numeric_limits<float>::infinity());
    if (coverage_.centres() == 0) break;  // no sample that is left has a vector
  }
  // With any centre at all, every bound becomes finite.
  std::vector<uint32_t> all;
  for (uint32_t sample = 0; sample < free_.size(); ++sample) {
    if (free_[sample] != 0) all.push_back(sample);
  }
  const std::vector<float> floors(all.size(), std::numeric_limits<float>::infinity());
  coverage_.refresh(all, floors);
  queue_.reserve(all.size());
  for (const uint32_t sample : all) {
    if (const double bound = key(sample); bound != kNever) queue_.push_back({bound, sample});
  }
  std::ranges::make_heap(queue_, Behind());
}

// Without a centre every sample is equally, infinitely far away: the other objectives or `start` decide. Samples
// without a vector come last. The number of samples if there is none.
uint32_t KCenter::first_sample() const {
  const auto samples = static_cast<uint32_t>(free_.size());
  uint32_t best = samples;
  for (uint32_t step = 0; step < samples; ++step) {
    const uint32_t sample = options_.fixed.empty() ? (options_.start + step) % samples : step;
    if (free_[sample] == 0 || key(sample) == kNever) continue;
    if (best == samples || key(sample) > key(best)) best = sample;
  }
  return best;
}

void KCenter::pick(uint32_t sample, float squared_distance) {
  picks_.push_back({sample, std::sqrt(squared_distance)});
  coverage_.select(sample);
  free_[sample] = 0;
}

void KCenter::round() {
  const std::vector<uint32_t> samples = take_round();
  // The others' keys are at most this one. Without others: below every key but kNever.
  const double least = queue_.empty() ? std::numeric_limits<double>::lowest() : queue_.front().key;
  std::vector<float> floors(samples.size());
  for (size_t i = 0; i < samples.size(); ++i) floors[i] = key_of_.floor(samples[i], least);
  coverage_.refresh(samples, floors);
  choose_among(samples, least);
  for (const uint32_t sample : samples) {
    const double bound = free_[sample] != 0 ? key(sample) : kNever;
    if (bound == kNever) continue;
    queue_.push_back({bound, sample});
    std::ranges::push_heap(queue_, Behind());
  }
}

// The front of the queue, in rising order of the samples.
std::vector<uint32_t> KCenter::take_round() {
  std::vector<uint32_t> samples;
  while (!queue_.empty() && samples.size() < round_size_) {
    samples.push_back(queue_.front().sample);
    std::ranges::pop_heap(queue_, Behind());
    queue_.pop_back();
  }
  std::ranges::sort(samples);
  return samples;
}

void KCenter::choose_among(std::span<const uint32_t> samples, double least) {
  std::vector<uint32_t> far;
  for (const uint32_t sample : samples) {
    if (key(sample) >= least) far.push_back(sample);
  }
  if (far.empty()) return;
  Shortlist list(coverage_, key_of_, least, far);
  while (!list.empty() && picks_.size() < options_.count) {
    const Shortlist::Best best = list.best();
    if (!queue_.empty() && Behind()({best.key, best.sample}, queue_.front())) break;
    pick(best.sample, best.squared_distance);
    list.take_best();
  }
  list.finish();
}

}  // namespace

Result<std::vector<KCenterPick>> k_center(const SampleVectors& vectors, const KCenterOptions& options) {
  return KCenter(vectors, options).run();
}

}  // namespace pretag
