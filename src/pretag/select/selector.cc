#include "pretag/select/selector.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <list>
#include <numeric>

#include "pretag/select/chance.h"
#include "pretag/select/greedy.h"
#include "pretag/select/k_center.h"
#include "pretag/select/static_objectives.h"

namespace pretag {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();
// Shares nearer than this to their target are as wanted.
constexpr double kBalanced = 0.02;

const VectorColumn& vectors_of(const Objective& objective) {
  return *std::get<std::shared_ptr<const VectorColumn>>(objective.input);
}

bool is(const Objective& objective, StrategyType type) { return objective.strategy.type == type; }

// A strength of 0 switches a strategy off, with its stopping condition.
bool acts(const Objective& objective) { return objective.strategy.strength > 0; }

bool all_finite(const std::vector<float>& values) {
  return std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
}

Status check_vectors(const Objective& objective, size_t samples) {
  if (!std::holds_alternative<std::shared_ptr<const VectorColumn>>(objective.input)) return {};
  const VectorColumn& column = vectors_of(objective);
  const auto fail = [&](std::string_view what) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("{}: {}", objective.description, what)};
  };
  if (column.view().samples() != samples) return fail("a sample has no embedding");
  if (!all_finite(column.values)) return fail("an embedding holds a number that is not finite");
  if (!is(objective, StrategyType::kSimilarity)) return {};
  if (objective.query == nullptr || objective.query->rows() == 0) return fail("the query has no embedding");
  if (!all_finite(objective.query->values)) return fail("the query holds a number that is not finite");
  if (objective.query->columns != column.columns && column.rows() > 0) {
    return fail(fmt::format("the embeddings of the query have {} numbers, those of the inputs {}",
                            objective.query->columns, column.columns));
  }
  return {};
}

// One selection, from thresholds to notes. Members are filled in the order of run().
class Selector {
 public:
  explicit Selector(const SelectionProblem& problem)
      : problem_(problem),
        eligible_(problem.samples, 1),
        fixed_(problem.samples),
        unbounded_(problem.samples),
        values_(problem.objectives.size()) {}

  Result<SelectionSolution> run() {
    for (const Objective& objective : problem_.objectives) PRETAG_TRY(check_vectors(objective, problem_.samples));
    list_preselected();
    apply_thresholds();
    add_static_objectives();
    PRETAG_TRY(choose());
    note_distances();
    stop_at_sums();
    PRETAG_TRY(report_balances());
    note_shortage();
    sort_reasons();
    return std::move(solution_);
  }

 private:
  void list_preselected() {
    for (uint32_t sample = 0; sample < problem_.preselected.size(); ++sample) {
      if (problem_.preselected[sample] == 0) continue;
      preselected_.push_back(sample);
      eligible_[sample] = 0;
    }
  }

  void apply_thresholds() {
    for (size_t i = 0; i < problem_.objectives.size(); ++i) {
      if (!is(problem_.objectives[i], StrategyType::kThreshold)) continue;
      solution_.thresholds.push_back({.strategy = i, .excluded = apply_threshold(problem_.objectives[i], eligible_)});
    }
  }

  void add_static_objectives() {
    const std::vector<uint8_t> candidates = eligible_;  // before typicality takes some: the order must not matter
    for (size_t i = 0; i < problem_.objectives.size(); ++i) {
      const Objective& objective = problem_.objectives[i];
      if (!acts(objective)) continue;
      auto values = static_values(objective, problem_);
      if (!values) continue;
      const std::vector<double> worth = as_objective(objective, *values, candidates);
      for (size_t sample = 0; sample < worth.size(); ++sample) {
        fixed_[sample] += objective.strategy.strength * std::log(std::max(worth[sample], kLeastObjective));
        unbounded_[sample] += objective.strategy.strength * std::log(std::max(worth[sample], 0.0));
      }
      if (is(objective, StrategyType::kTypicality)) leave_out_atypical(objective, *values);
      values_[i] = *std::move(values);
    }
    solution_.candidates = static_cast<size_t>(std::ranges::count(eligible_, 1));
  }

  void leave_out_atypical(const Objective& objective, const std::vector<double>& typicalities) {
    const double least = objective.strategy.stopping_condition_minimum_typicality;
    size_t count = 0;
    for (size_t sample = 0; sample < typicalities.size(); ++sample) {
      if (eligible_[sample] == 0 || typicalities[sample] >= least) continue;
      eligible_[sample] = 0;
      ++count;
    }
    if (count == 0) return;
    left_out_.push_back(fmt::format("{}: left out {} {} with a typicality below {:g}", objective.description, count,
                                    problem_.unit, least));
  }

  Status choose() {
    if (solution_.candidates <= problem_.requested && !stops_early()) return choose_all(), Status();
    const auto count = [this](StrategyType type) {
      return std::ranges::count_if(problem_.objectives, [&](const Objective& o) { return is(o, type) && acts(o); });
    };
    const auto diversities = count(StrategyType::kDiversity), balances = count(StrategyType::kBalance);
    if (balances > 0 || diversities > 1) return choose_greedily();
    return diversities == 1 ? choose_diverse() : (choose_highest(), Status());
  }

  bool stops_early() const {
    return std::ranges::any_of(problem_.objectives, [](const Objective& o) {
      if (!acts(o)) return false;
      return o.strategy.stopping_condition_minimum_distance > 0 || o.strategy.stopping_condition_max_sum >= 0;
    });
  }

  void choose_all() {
    for (uint32_t sample = 0; sample < eligible_.size(); ++sample) {
      if (eligible_[sample] != 0) solution_.picks.push_back({sample, {}});
    }
  }

  SelectionPick pick_of(uint32_t sample) const {
    SelectionPick pick{.sample = sample, .reasons = {}};
    for (size_t i = 0; i < values_.size(); ++i) {
      if (!values_[i].empty()) pick.reasons.push_back({.strategy = i, .value = values_[i][sample]});
    }
    return pick;
  }

  void choose_highest() {
    std::vector<uint32_t> order;
    for (uint32_t sample = 0; sample < eligible_.size(); ++sample) {
      if (eligible_[sample] != 0) order.push_back(sample);
    }
    const size_t count = std::min(problem_.requested, order.size());
    std::ranges::partial_sort(order, order.begin() + static_cast<ptrdiff_t>(count), [this](uint32_t a, uint32_t b) {
      if (fixed_[a] != fixed_[b]) return fixed_[a] > fixed_[b];
      if (unbounded_[a] != unbounded_[b]) return unbounded_[a] > unbounded_[b];
      const uint64_t luck_a = chance(problem_.seed, a), luck_b = chance(problem_.seed, b);
      return luck_a != luck_b ? luck_a > luck_b : a < b;
    });
    for (size_t i = 0; i < count; ++i) solution_.picks.push_back(pick_of(order[i]));
  }

  Status choose_diverse() {
    const auto found = std::ranges::find_if(
        problem_.objectives, [](const Objective& o) { return is(o, StrategyType::kDiversity) && acts(o); });
    const bool alone = std::ranges::all_of(fixed_, [](double value) { return value == 0; });
    KCenterOptions options{.count = problem_.requested, .preselected = preselected_, .eligible = eligible_};
    options.start = problem_.samples > 0 ? static_cast<uint32_t>(chance(problem_.seed, 0) % problem_.samples) : 0;
    options.minimum_distance = std::max(found->strategy.stopping_condition_minimum_distance, 0.0);
    if (!alone) options.fixed = fixed_;
    options.strength = found->strategy.strength;
    options.threads = problem_.threads;
    options.cancel = problem_.cancel;
    PRETAG_ASSIGN(const auto picks, k_center(vectors_of(*found).view(), options));
    const auto strategy = static_cast<size_t>(found - problem_.objectives.begin());
    for (const KCenterPick& chosen : picks) {
      SelectionPick pick = pick_of(chosen.sample);
      pick.reasons.push_back({.strategy = strategy, .value = chosen.distance});
      solution_.picks.push_back(std::move(pick));
    }
    return {};
  }

  Status choose_greedily() {
    std::list<Coverage> coverages;
    std::list<Balance> balances;
    std::vector<DiversityTerm> diversity_terms;
    std::vector<BalanceTerm> balance_terms;
    std::vector<size_t> diversity_strategies, balance_strategies;
    for (size_t i = 0; i < problem_.objectives.size(); ++i) {
      const Objective& objective = problem_.objectives[i];
      const SelectionStrategy& strategy = objective.strategy;
      if (!acts(objective)) continue;
      if (is(objective, StrategyType::kDiversity)) {
        Coverage& coverage = coverages.emplace_back(vectors_of(objective).view(), problem_.threads);
        for (const uint32_t sample : preselected_) coverage.select(sample);
        diversity_terms.push_back({&coverage, strategy.strength, strategy.stopping_condition_minimum_distance});
        diversity_strategies.push_back(i);
      } else if (is(objective, StrategyType::kBalance)) {
        PRETAG_ASSIGN(Balance balance, start_balance(objective));
        balance_terms.push_back({&balances.emplace_back(std::move(balance)), strategy.strength});
        balance_strategies.push_back(i);
      }
    }
    GreedyOptions options{.count = problem_.requested,
                          .fixed = fixed_,
                          .diversities = diversity_terms,
                          .balances = balance_terms,
                          .seed = problem_.seed,
                          .threads = problem_.threads,
                          .cancel = problem_.cancel};
    for (size_t sample = 0; sample < eligible_.size(); ++sample) {
      if (eligible_[sample] == 0) options.fixed[sample] = kNever;
    }
    PRETAG_ASSIGN(const auto picks, greedy(std::move(options)));
    for (const GreedyPick& chosen : picks) {
      SelectionPick pick = pick_of(chosen.sample);
      for (size_t d = 0; d < chosen.distances.size(); ++d) {
        pick.reasons.push_back({.strategy = diversity_strategies[d], .value = chosen.distances[d]});
      }
      for (size_t b = 0; b < chosen.imbalances.size(); ++b) {
        pick.reasons.push_back({.strategy = balance_strategies[b], .value = chosen.imbalances[b]});
      }
      solution_.picks.push_back(std::move(pick));
    }
    return {};
  }

  Result<Balance> start_balance(const Objective& objective) const {
    auto balance = Balance::create(std::get<ClassColumns>(objective.input), objective.strategy, problem_.samples);
    if (!balance) return balance.error().in(objective.description);
    for (const uint32_t sample : preselected_) balance->choose(sample);
    return balance;
  }

  void note_distances() {
    const size_t chosen = solution_.picks.size();
    if (chosen >= std::min(problem_.requested, solution_.candidates)) return;
    for (const Objective& objective : problem_.objectives) {
      const double distance = objective.strategy.stopping_condition_minimum_distance;
      if (!is(objective, StrategyType::kDiversity) || !acts(objective) || distance <= 0) continue;
      solution_.notes.push_back(
          fmt::format("{}: stopped after {} of {} {}, since every other one is nearer than {:g} to a selected one",
                      objective.description, chosen, problem_.requested, problem_.unit, distance));
    }
  }

  void stop_at_sums() {
    for (size_t i = 0; i < problem_.objectives.size(); ++i) {
      const double most = problem_.objectives[i].strategy.stopping_condition_max_sum;
      if (most < 0 || values_[i].empty()) continue;
      const double times = problem_.objectives[i].times;
      const double limit = most + 1e-9 * std::max(most, 1.0);  // 0.1 + 0.2 is not above 0.3
      double sum = 0;
      size_t kept = 0;
      while (kept < solution_.picks.size() && (sum += times * values_[i][solution_.picks[kept].sample]) <= limit)
        ++kept;
      if (kept == solution_.picks.size()) continue;
      solution_.picks.resize(kept);
      solution_.notes.push_back(fmt::format("{}: stopped after {} {}, one more would bring the sum above {}",
                                            problem_.objectives[i].description, kept, problem_.unit, most));
    }
  }

  Status report_balances() {
    for (size_t i = 0; i < problem_.objectives.size(); ++i) {
      const Objective& objective = problem_.objectives[i];
      if (!is(objective, StrategyType::kBalance)) continue;
      PRETAG_ASSIGN(Balance balance, start_balance(objective));
      for (const SelectionPick& pick : solution_.picks) balance.choose(pick.sample);
      solution_.balances.push_back(balance.outcome(i));
      if (!acts(objective)) continue;
      note_imbalance(objective, solution_.balances.back());
    }
    return {};
  }

  void note_imbalance(const Objective& objective, const BalanceOutcome& outcome) {
    const auto has_none = [](const BalanceOutcome::Class& entry) { return !(entry.input > 0); };
    if (std::ranges::all_of(outcome.classes, has_none)) {
      solution_.notes.push_back(objective.description + ": nothing to balance, there is no object of any class");
      return;
    }
    if (solution_.picks.empty()) return;
    for (const BalanceOutcome::Class& entry : outcome.classes) {
      if (std::fabs(entry.reached - entry.target) <= kBalanced) continue;
      solution_.notes.push_back(fmt::format("{}: {} is {:.1f} % of the selection, not {:.1f} %{}",
                                            objective.description, entry.name, 100 * entry.reached, 100 * entry.target,
                                            has_none(entry) ? "; the input has none" : ""));
    }
  }

  void note_shortage() {
    if (solution_.candidates >= problem_.requested) return;
    solution_.notes.push_back(fmt::format("{} {} were asked for, but there are {} to choose from", problem_.requested,
                                          problem_.unit,
                                          solution_.candidates == 0 ? "none" : std::to_string(solution_.candidates)));
    for (const ThresholdOutcome& outcome : solution_.thresholds) {
      if (outcome.excluded == 0) continue;
      solution_.notes.push_back(fmt::format("{}: left out {} {}", problem_.objectives[outcome.strategy].description,
                                            outcome.excluded, problem_.unit));
    }
    solution_.notes.insert(solution_.notes.end(), left_out_.begin(), left_out_.end());
  }

  void sort_reasons() {
    for (SelectionPick& pick : solution_.picks) std::ranges::sort(pick.reasons, {}, &Reason::strategy);
  }

  const SelectionProblem& problem_;
  std::vector<uint32_t> preselected_;
  std::vector<uint8_t> eligible_;
  std::vector<double> fixed_;                // sum of strength * log(objective) of what does not change
  std::vector<double> unbounded_;            // the same without kLeastObjective; decides among what that makes equal
  std::vector<std::vector<double>> values_;  // of each objective that does not change, as reasons
  std::vector<std::string> left_out_;        // notes on what is too untypical, in case too little is left
  SelectionSolution solution_;
};

}  // namespace

Result<SelectionSolution> select_samples(const SelectionProblem& problem) { return Selector(problem).run(); }

}  // namespace pretag
