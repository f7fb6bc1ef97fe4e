#include "pretag/select/k_center.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

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
// on among them alone for as long as its best is at least as far away as anything else can be.
class KCenter {
 public:
  KCenter(const SampleVectors& vectors, const KCenterOptions& options)
      : options_(options),
        coverage_(vectors, options.threads),
        key_of_(options.fixed.empty() ? DistanceKey(options.minimum_distance)
                                      : DistanceKey(options.minimum_distance, options.strength, options.fixed)),
        keys_(vectors.samples()),
        round_size_(options.shortlist > 0 ? options.shortlist : shortlist_size(vectors)) {}

  Result<std::vector<KCenterPick>> run() {
    begin();
    while (picks_.size() < options_.count) {
      if (options_.cancel != nullptr && *options_.cancel)
        return Error{ErrorCode::kCancelled, "selection was cancelled"};
      if (!round()) break;
    }
    return std::move(picks_);
  }

 private:
  // The samples of a round: everything with a key above `least`, and those with just that one below `tie_end`.
  struct Candidates {
    std::vector<uint32_t> samples;  // rising
    double least = kNever;
    uint32_t tie_end = 0;
  };

  void begin();
  uint32_t first_sample() const;
  void pick(uint32_t sample, float squared_distance);
  bool round();
  Candidates candidates();
  void refresh(std::span<const uint32_t> samples, double least);
  void choose_among(const Candidates& candidates);

  const KCenterOptions& options_;
  Coverage coverage_;
  const DistanceKey key_of_;
  std::vector<double> keys_;  // upper bounds; kNever for what must not be chosen
  std::vector<double> sorted_;
  const size_t round_size_;
  std::vector<KCenterPick> picks_;
};

void KCenter::begin() {
  for (uint32_t sample = 0; sample < keys_.size(); ++sample) {
    const bool eligible = options_.eligible.empty() || options_.eligible[sample] != 0;
    keys_[sample] = eligible ? key_of_(sample, coverage_.bound(sample)) : kNever;
  }
  for (const uint32_t sample : options_.preselected) {
    coverage_.select(sample);
    keys_[sample] = kNever;
  }
  while (coverage_.centres() == 0 && picks_.size() < options_.count) {
    const uint32_t first = first_sample();
    if (first == keys_.size()) return;
    pick(first, std::numeric_limits<float>::infinity());
  }
  // With any centre at all, every bound becomes finite.
  std::vector<uint32_t> all;
  for (uint32_t sample = 0; sample < keys_.size(); ++sample) {
    if (keys_[sample] != kNever) all.push_back(sample);
  }
  const std::vector<float> floors(all.size(), std::numeric_limits<float>::infinity());
  coverage_.refresh(all, floors);
  for (const uint32_t sample : all) keys_[sample] = key_of_(sample, coverage_.bound(sample));
}

// Without a centre every sample is equally, infinitely far away: the other objectives or `start` decide. Samples
// without a vector come last. The number of samples if there is none.
uint32_t KCenter::first_sample() const {
  const auto samples = static_cast<uint32_t>(keys_.size());
  uint32_t best = samples;
  for (uint32_t step = 0; step < samples; ++step) {
    const uint32_t sample = options_.fixed.empty() ? (options_.start + step) % samples : step;
    if (keys_[sample] == kNever) continue;
    if (best == samples || keys_[sample] > keys_[best]) best = sample;
  }
  return best;
}

void KCenter::pick(uint32_t sample, float squared_distance) {
  picks_.push_back({sample, std::sqrt(squared_distance)});
  coverage_.select(sample);
  keys_[sample] = kNever;
}

// False when nothing is left to choose.
bool KCenter::round() {
  Candidates chosen = candidates();
  if (chosen.samples.empty()) return false;
  refresh(chosen.samples, chosen.least);
  std::erase_if(chosen.samples,
                [&](uint32_t sample) { return keys_[sample] < chosen.least || keys_[sample] == kNever; });
  if (!chosen.samples.empty()) choose_among(chosen);
  return true;
}

KCenter::Candidates KCenter::candidates() {
  sorted_.clear();
  std::copy_if(keys_.begin(), keys_.end(), std::back_inserter(sorted_), [](double key) { return key != kNever; });
  Candidates found;
  if (sorted_.empty()) return found;
  const size_t rank = std::min(round_size_, sorted_.size()) - 1;
  std::nth_element(sorted_.begin(), sorted_.begin() + static_cast<ptrdiff_t>(rank), sorted_.end(), std::greater<>());
  found.least = sorted_[rank];
  found.tie_end = static_cast<uint32_t>(keys_.size());
  const auto above = std::count_if(sorted_.begin(), sorted_.end(), [&](double key) { return key > found.least; });
  size_t ties = rank + 1 - static_cast<size_t>(above);
  for (uint32_t sample = 0; sample < keys_.size(); ++sample) {
    if (keys_[sample] < found.least || keys_[sample] == kNever) continue;
    if (keys_[sample] == found.least) {
      if (ties == 0) {
        found.tie_end = std::min(found.tie_end, sample);
        continue;
      }
      --ties;
    }
    found.samples.push_back(sample);
  }
  return found;
}

void KCenter::refresh(std::span<const uint32_t> samples, double least) {
  std::vector<float> floors(samples.size());
  for (size_t i = 0; i < samples.size(); ++i) floors[i] = key_of_.floor(samples[i], least);
  coverage_.refresh(samples, floors);
  for (const uint32_t sample : samples) keys_[sample] = key_of_(sample, coverage_.bound(sample));
}

void KCenter::choose_among(const Candidates& candidates) {
  Shortlist list(coverage_, key_of_, candidates.least, candidates.samples);
  while (!list.empty() && picks_.size() < options_.count) {
    const Shortlist::Best best = list.best();
    // Outside the list, keys are at most the least one.
    if (best.key == candidates.least && best.sample >= candidates.tie_end) break;
    pick(best.sample, best.squared_distance);
    list.take_best();
  }
  list.finish();
  for (const uint32_t sample : candidates.samples) {
    if (keys_[sample] != kNever) keys_[sample] = key_of_(sample, coverage_.bound(sample));
  }
}

}  // namespace

Result<std::vector<KCenterPick>> k_center(const SampleVectors& vectors, const KCenterOptions& options) {
  return KCenter(vectors, options).run();
}

}  // namespace pretag
