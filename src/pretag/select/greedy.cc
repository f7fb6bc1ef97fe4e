#include "pretag/select/greedy.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pretag/select/chance.h"
#include "pretag/select/parallel.h"

namespace pretag {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();
constexpr size_t kBlock = 4096;    // samples that compete among themselves first
constexpr size_t kRefreshed = 64;  // winners of blocks whose distances are computed together

double log_objective(double value) { return std::log(std::max(value, kLeastObjective)); }

struct Winner {
  uint32_t sample = 0;
  double key = kNever;
};

class Greedy {
 public:
  explicit Greedy(GreedyOptions options)
      : options_(std::move(options)),
        samples_(options_.fixed.size()),
        winners_((samples_ + kBlock - 1) / kBlock),
        worth_(options_.balances.size(), std::vector<float>(samples_)),
        exact_(options_.diversities.size(), std::vector<uint32_t>(samples_)) {}

  Result<std::vector<GreedyPick>> run() {
    std::vector<GreedyPick> picks;
    size_t without_centres = bound_all();
    while (picks.size() < options_.count) {
      if (options_.cancel != nullptr && *options_.cancel) {
        return Error{ErrorCode::kCancelled, "selection was cancelled"};
      }
      parallel_blocks(winners_.size(), options_.threads, [this](size_t block) { compete(block, true); });
      const Winner best = exact_winner();
      if (best.key == kNever) break;
      picks.push_back(take(best.sample));
      if (without_centres > 0) without_centres = bound_all();
    }
    return picks;
  }

 private:
  // With any centre at all, every bound becomes finite. How many diversities have none yet.
  size_t bound_all() {
    size_t without_centres = 0;
    std::vector<uint32_t> all;
    for (uint32_t sample = 0; sample < samples_; ++sample) {
      if (options_.fixed[sample] != kNever) all.push_back(sample);
    }
    const std::vector<float> floors(all.size(), std::numeric_limits<float>::infinity());
    for (const DiversityTerm& term : options_.diversities) {
      if (term.coverage->centres() > 0) term.coverage->refresh(all, floors);
      if (term.coverage->centres() == 0) ++without_centres;
    }
    return without_centres;
  }

  double key_of(uint32_t sample) const {
    double key = options_.fixed[sample];
    if (key == kNever) return kNever;
    for (size_t b = 0; b < options_.balances.size(); ++b) {
      key += options_.balances[b].strength * log_objective(worth_[b][sample]);
    }
    for (const DiversityTerm& term : options_.diversities) {
      const double distance = std::sqrt(static_cast<double>(term.coverage->bound(sample)));
      // Without a centre everything that has a vector is equally, infinitely far away.
      if (term.coverage->centres() == 0 && std::isinf(distance)) continue;
      if (distance < term.minimum_distance) return kNever;
      key += term.strength * log_objective(distance);
    }
    return key;
  }

  bool beats(const Winner& a, const Winner& b) const {
    if (a.key != b.key) return a.key > b.key;
    if (a.key == kNever) return false;
    const uint64_t luck_a = chance(options_.seed, a.sample), luck_b = chance(options_.seed, b.sample);
    return luck_a != luck_b ? luck_a > luck_b : a.sample < b.sample;
  }

  void compete(size_t block, bool balances_changed) {
    const size_t begin = block * kBlock, count = std::min(kBlock, samples_ - begin);
    if (balances_changed) {
      for (size_t b = 0; b < options_.balances.size(); ++b) {
        options_.balances[b].balance->worth(begin, std::span(worth_[b]).subspan(begin, count));
      }
    }
    Winner best;
    for (size_t sample = begin; sample < begin + count; ++sample) {
      const Winner entry{static_cast<uint32_t>(sample), key_of(static_cast<uint32_t>(sample))};
      if (beats(entry, best)) best = entry;
    }
    winners_[block] = best;
  }

  bool is_exact(uint32_t sample) const {
    for (size_t d = 0; d < options_.diversities.size(); ++d) {
      if (exact_[d][sample] < options_.diversities[d].coverage->centres()) return false;
    }
    return true;
  }

  // The winner of all blocks, once its distances are no mere bounds.
  Winner exact_winner() {
    std::vector<size_t> blocks(winners_.size());
    for (;;) {
      for (size_t i = 0; i < blocks.size(); ++i) blocks[i] = i;
      const size_t few = std::min(kRefreshed, blocks.size());
      std::ranges::partial_sort(blocks, blocks.begin() + static_cast<ptrdiff_t>(few), [&](size_t a, size_t b) {
        return beats(winners_[a], winners_[b]) || (!beats(winners_[b], winners_[a]) && a < b);
      });
      if (blocks.empty()) return {};
      const Winner best = winners_[blocks[0]];
      if (best.key == kNever || is_exact(best.sample)) return best;

      std::vector<uint32_t> stale;
      std::vector<size_t> touched;
      for (const size_t block : std::span(blocks).first(few)) {
        if (winners_[block].key == kNever || is_exact(winners_[block].sample)) continue;
        stale.push_back(winners_[block].sample);
        touched.push_back(block);
      }
      make_exact(stale);
      parallel_blocks(touched.size(), options_.threads, [&](size_t i) { compete(touched[i], false); });
    }
  }

  void make_exact(std::span<const uint32_t> samples) {
    const std::vector<float> floors(samples.size(), 0.0f);
    for (size_t d = 0; d < options_.diversities.size(); ++d) {
      Coverage& coverage = *options_.diversities[d].coverage;
      coverage.refresh(samples, floors);
      for (const uint32_t sample : samples) exact_[d][sample] = static_cast<uint32_t>(coverage.centres());
    }
  }

  GreedyPick take(uint32_t sample) {
    GreedyPick pick{.sample = sample, .distances = {}, .imbalances = {}};
    for (const DiversityTerm& term : options_.diversities) {
      pick.distances.push_back(std::sqrt(static_cast<double>(term.coverage->bound(sample))));
      term.coverage->select(sample);
    }
    for (const BalanceTerm& term : options_.balances) {
      term.balance->choose(sample);
      pick.imbalances.push_back(term.balance->imbalance());
    }
    options_.fixed[sample] = kNever;
    return pick;
  }

  GreedyOptions options_;
  const size_t samples_;
  std::vector<Winner> winners_;               // of each block
  std::vector<std::vector<float>> worth_;     // of each balance and sample
  std::vector<std::vector<uint32_t>> exact_;  // of each diversity and sample: up to which centre its distance is right
};

}  // namespace

Result<std::vector<GreedyPick>> greedy(GreedyOptions options) { return Greedy(std::move(options)).run(); }

}  // namespace pretag
