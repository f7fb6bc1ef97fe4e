#include "pretag/report/report_selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pretag/report/text.h"

namespace pretag {
namespace {

template <class T>
std::vector<T> first_of(const std::vector<T>& all, size_t most) {
  return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), most))};
}

}  // namespace

ReportDuplicates report_duplicates(const std::vector<DuplicatePair>& duplicates) {
  return {.looked_for = true,
          .total = static_cast<int64_t>(duplicates.size()),
          .listed = first_of(duplicates, kMostListedDuplicates)};
}

ReportSelection report_selection(const Selection& selection) {
  std::optional<ReportObjects> objects;
  if (selection.objects) {
    objects = {.task = selection.objects->task,
               .inputs = selection.objects->inputs(),
               .selected = static_cast<int64_t>(selection.objects->selected.size()),
               .preselected = selection.objects->preselected,
               .classes = selection.objects->classes};
  }
  return {.requested = selection.requested,
          .candidates = selection.candidates,
          .selected = static_cast<int64_t>(selection.selected.size()),
          .preselected = static_cast<int64_t>(selection.preselected.size()) + selection.preselected_elsewhere,
          .preselected_inputs = static_cast<int64_t>(selection.preselected.size()),
          .strategies = selection.strategies,
          .notes = selection.notes,
          .listed = first_of(selection.selected, kMostListedSelected),
          .thresholds = selection.thresholds,
          .balances = selection.balances,
          .objects = std::move(objects)};
}

std::string spell_out_reasons(const std::vector<Reason>& reasons, const std::vector<std::string>& strategies) {
  std::string text;
  for (const Reason& reason : reasons) {
    if (!text.empty()) text += " · ";
    // "diversity of …" -> "diversity". The first image of all is infinitely far from what was chosen before.
    const std::string strategy = reason.strategy < strategies.size() ? strategies[reason.strategy] : "";
    text += strategy.substr(0, strategy.find(' ')) + " ";
    text += std::isinf(reason.value) ? "(the first)" : format_decimal(reason.value, 3);
  }
  return text;
}

}  // namespace pretag
