// A selection's column of one number an image.
#pragma once

#include <algorithm>
#include <utility>

#include "pretag/run/selection_table.h"

namespace pretag {

class NumberColumn : public SelectionColumn {
 public:
  Status add_foreign(const std::string&, std::span<const float>) override {
    ++foreign_;
    return {};
  }
  // What is not known of foreign images must not stretch the scale of the others.
  void move_into(Objective& objective) override {
    values_.resize(values_.size() + foreign_, values_.empty() ? 0 : std::ranges::min(values_));
    objective.scale = scaled_;
    objective.input = NumericColumn{std::move(values_)};
  }

 protected:
  // `scaled`: weights are brought to 0..1, see Objective::scale.
  explicit NumberColumn(bool scaled = false) : scaled_(scaled) {}

  std::vector<double> values_;

 private:
  bool scaled_;
  size_t foreign_ = 0;  // they come last
};

}  // namespace pretag
