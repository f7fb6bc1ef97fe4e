// Balance: the mix of classes among the chosen samples shall be that of a target.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pretag/data/selection.h"
#include "pretag/select/columns.h"
#include "pretag/util/result.h"

namespace pretag {

// Keeps the excess of each class over its target, in objects: e_c = n_c - t_c n, where n_c objects of class c are
// chosen and n of all. The imbalance of the mix is I = (sum |e_c| / 2) / n, its total variation distance from the
// target, and a little of the squares (sum e_c^2 / 20 n^2): where a class has run out, the others share its place
// evenly. A sample is worth more the lower it makes I: with y the change of I, measured by what a sample of typical
// size can change at most, the worth is (1 - y / sqrt(1 + y^2)) / 2: 1/2 for a sample that changes nothing, near 1 for
// one that is wanted, near 0 for one that is not. It does not fade as the selection grows, as the change itself would.
// Samples without objects of any class are worth 0: they cannot help.
//
// 4 bytes a sample and class. Not thread-safe, but for worth().
class Balance {
 public:
  // The classes of the target are kept apart and all others are one. kInvalidArgument for a target class that is not in
  // `columns`.
  static Result<Balance> create(const ClassColumns& columns, const SelectionStrategy& strategy, size_t samples);

  // worth[i] of the samples from `begin` on, 0..1.
  void worth(size_t begin, std::span<float> worth) const;
  void choose(size_t sample);

  // Total variation distance between the chosen mix and the target, 0..1; 0 before anything is chosen.
  double imbalance() const;
  BalanceOutcome outcome(size_t strategy) const;

 private:
  std::vector<std::string> names_;
  std::vector<double> target_, input_;     // shares
  std::vector<double> chosen_;             // objects of each class
  std::vector<std::vector<float>> drift_;  // of each class and sample: v_c - t_c s
  std::vector<float> objects_;             // s of each sample
  double typical_objects_ = 1;             // mean of s over the samples with any
};

}  // namespace pretag
