#include "pretag/select/balance.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pretag/util/multiversion.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr char kOthers[] = "(all other classes)";

// Which of the balance's classes each column belongs to.
struct Grouping {
  std::vector<std::string> names;
  std::vector<double> target;
  std::vector<size_t> group_of_column;
};

Result<Grouping> group_by_target(const ClassColumns& columns, const std::map<std::string, double>& target) {
  Grouping grouping;
  double rest = 1;
  for (const auto& [name, share] : target) {
    if (std::ranges::find(columns.classes, name) == columns.classes.end()) {
      return Error{ErrorCode::kInvalidArgument, fmt::format("the target names the class '{}', which does not exist: {}",
                                                            one_line(name), known_names(name, columns.classes))};
    }
    grouping.names.push_back(name);
    grouping.target.push_back(share);
    rest -= share;
  }
  bool others = false;
  for (const std::string& name : columns.classes) {
    const auto found = std::ranges::find(grouping.names, name);
    others = others || found == grouping.names.end();
    grouping.group_of_column.push_back(static_cast<size_t>(found - grouping.names.begin()));
  }
  if (others) {
    grouping.names.emplace_back(kOthers);
    grouping.target.push_back(std::max(rest, 0.0));
  }
  // With every class named and less than 1 promised, what is named keeps its proportions.
  const double sum = std::accumulate(grouping.target.begin(), grouping.target.end(), 0.0);
  for (double& share : grouping.target)
    share = sum > 0 ? share / sum : 1.0 / static_cast<double>(grouping.names.size());
  return grouping;
}

Grouping every_class(const ClassColumns& columns) {
  Grouping grouping{.names = columns.classes, .target = {}, .group_of_column = {}};
  grouping.target.assign(columns.classes.size(),
                         1.0 / std::max<double>(1, static_cast<double>(columns.classes.size())));
  grouping.group_of_column.resize(columns.classes.size());
  std::iota(grouping.group_of_column.begin(), grouping.group_of_column.end(), size_t{0});
  return grouping;
}

// Of the sum of |e| + curve e^2 over the classes. The square is small: it decides where the distance is the same for
// many mixes, as when a class of the target has run out and all others are above theirs.
PRETAG_MULTIVERSION void add_penalty(const float* drift, float excess, float curve, float* sums, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const float after = drift[i] + excess;
    sums[i] += std::fabs(after) + curve * after * after;
  }
}

// How sharply worth tells better from worse.
constexpr float kSharpness = 4;
// So many typical samples of the target's mix are taken to be there from the start, or the first large sample would
// decide where the few after it cannot follow.
constexpr float kBalancedAtFirst = 16;
// What the square of an excess counts, beside the excess, per object chosen.
constexpr double kEvenness = 0.1;

// From the penalties with each sample to worth: `excess` is half of the penalty without, `chosen` the objects chosen.
PRETAG_MULTIVERSION void to_worth(const float* objects, float excess, float chosen, float typical, float* sums,
                                  size_t count) {
  const float weight = chosen + kBalancedAtFirst * typical;
  const float imbalance = excess / weight;
  const float scale = kSharpness * (weight + typical) / typical;
  for (size_t i = 0; i < count; ++i) {
    const float change = scale * (sums[i] / 2 - excess - imbalance * objects[i]) / (weight + objects[i]);
    sums[i] = objects[i] > 0 ? (1 - change / std::sqrt(1 + change * change)) / 2 : 0.0f;
  }
}

}  // namespace

Result<Balance> Balance::create(const ClassColumns& columns, const SelectionStrategy& strategy, size_t samples) {
  Grouping grouping = every_class(columns);
  if (strategy.distribution == BalanceDistribution::kTarget) {
    PRETAG_ASSIGN(grouping, group_by_target(columns, strategy.target));
  }
  const size_t groups = grouping.names.size();

  Balance balance;
  balance.names_ = std::move(grouping.names);
  balance.target_ = std::move(grouping.target);
  balance.chosen_.resize(groups);
  balance.input_.resize(groups);
  balance.objects_.resize(samples);
  balance.drift_.assign(groups, std::vector<float>(samples));
  for (size_t sample = 0; sample < samples; ++sample) {
    for (size_t column = 0; column < columns.classes.size(); ++column) {
      const float value = columns.at(sample, column);
      const size_t group = grouping.group_of_column[column];
      balance.drift_[group][sample] += value;
      balance.objects_[sample] += value;
      balance.input_[group] += value;
    }
  }
  const double total = std::accumulate(balance.input_.begin(), balance.input_.end(), 0.0);
  const auto with_objects = std::ranges::count_if(balance.objects_, [](float objects) { return objects > 0; });
  if (total > 0) balance.typical_objects_ = total / static_cast<double>(with_objects);
  for (double& share : balance.input_) share = total > 0 ? share / total : 0;
  if (strategy.distribution == BalanceDistribution::kInput) balance.target_ = balance.input_;
  for (size_t group = 0; group < groups; ++group) {
    const auto share = static_cast<float>(balance.target_[group]);
    for (size_t sample = 0; sample < samples; ++sample)
      balance.drift_[group][sample] -= share * balance.objects_[sample];
  }
  return balance;
}

void Balance::worth(size_t begin, std::span<float> worth) const {
  const double total = std::accumulate(chosen_.begin(), chosen_.end(), 0.0);
  const double curve = kEvenness / (total + kBalancedAtFirst * typical_objects_);
  std::ranges::fill(worth, 0.0f);
  double penalty = 0;
  for (size_t group = 0; group < chosen_.size(); ++group) {
    const double excess = chosen_[group] - target_[group] * total;
    penalty += std::fabs(excess) + curve * excess * excess;
    add_penalty(drift_[group].data() + begin, static_cast<float>(excess), static_cast<float>(curve), worth.data(),
                worth.size());
  }
  to_worth(objects_.data() + begin, static_cast<float>(penalty / 2), static_cast<float>(total),
           static_cast<float>(typical_objects_), worth.data(), worth.size());
}

void Balance::choose(size_t sample) {
  for (size_t group = 0; group < chosen_.size(); ++group) {
    const double objects =
        static_cast<double>(drift_[group][sample]) + target_[group] * static_cast<double>(objects_[sample]);
    constexpr double kRounding = 1e-6;  // of the drift: no object is none
    if (objects > kRounding * static_cast<double>(objects_[sample])) chosen_[group] += objects;
  }
}

double Balance::imbalance() const {
  const double total = std::accumulate(chosen_.begin(), chosen_.end(), 0.0);
  if (!(total > 0)) return 0;
  double distance = 0;
  for (size_t group = 0; group < chosen_.size(); ++group)
    distance += std::fabs(chosen_[group] / total - target_[group]) / 2;
  return distance;
}

BalanceOutcome Balance::outcome(size_t strategy) const {
  const double total = std::accumulate(chosen_.begin(), chosen_.end(), 0.0);
  BalanceOutcome outcome{.strategy = strategy, .classes = {}};
  for (size_t group = 0; group < names_.size(); ++group) {
    outcome.classes.push_back({.name = names_[group],
                               .input = input_[group],
                               .target = target_[group],
                               .reached = total > 0 ? chosen_[group] / total : 0});
  }
  return outcome;
}

}  // namespace pretag
