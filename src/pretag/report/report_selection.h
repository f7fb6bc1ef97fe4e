// What a report says of a selection.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pretag/data/selection.h"

namespace pretag {

// Only so many selected images and duplicates are listed; the counts are of all.
inline constexpr size_t kMostListedSelected = 200, kMostListedDuplicates = 200;

// Images with the same pixels as another one.
struct ReportDuplicates {
  bool looked_for = false;  // otherwise nothing is known of them
  int64_t total = 0;
  std::vector<DuplicatePair> listed;  // the first kMostListedDuplicates
};

ReportDuplicates report_duplicates(const std::vector<DuplicatePair>& duplicates);

// Of the objects, where objects were selected.
struct ReportObjects {
  std::string task;
  int64_t inputs = 0, selected = 0, preselected = 0;
  std::vector<ObjectSelection::Class> classes = {};  // in the task's order

  double share_of_inputs(int64_t count) const {
    return inputs > 0 ? static_cast<double>(count) / static_cast<double>(inputs) : 0;
  }
  double share_of_selected(int64_t count) const {
    return selected > 0 ? static_cast<double>(count) / static_cast<double>(selected) : 0;
  }
  int64_t classes_selected() const {
    return std::ranges::count_if(classes, [](const ObjectSelection::Class& entry) { return entry.selected > 0; });
  }
};

// Where objects were selected, the first two, the thresholds and the balances count objects.
struct ReportSelection {
  int64_t requested = 0, candidates = 0;
  int64_t selected = 0, preselected = 0;
  int64_t preselected_inputs = 0;       // images: those of `preselected` that are inputs of this run, too
  std::vector<std::string> strategies;  // one line each
  std::vector<std::string> notes;       // what could not be done, and why
  std::vector<SelectedSample> listed;   // the first kMostListedSelected, in the order they were chosen
  std::vector<ThresholdOutcome> thresholds;
  std::vector<BalanceOutcome> balances;
  std::optional<ReportObjects> objects = {};

  const char* unit() const { return objects ? "objects" : "images"; }
};

ReportSelection report_selection(const Selection& selection);

// "diversity 0.82 · weights 0.41": what the strategies said of an image when it was chosen; empty without reasons.
std::string spell_out_reasons(const std::vector<Reason>& reasons, const std::vector<std::string>& strategies);

}  // namespace pretag
