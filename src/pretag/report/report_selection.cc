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

ReportSelection report_selection(const Selection& selection) {
  return {.requested = selection.requested,
          .candidates = selection.candidates,
          .selected = static_cast<int64_t>(selection.selected.size()),
          .preselected = static_cast<int64_t>(selection.preselected.size()),
          .duplicates = static_cast<int64_t>(selection.duplicates.size()),
          .strategies = selection.strategies,
          .notes = selection.notes,
          .listed = first_of(selection.selected, kMostListedSelected),
          .listed_duplicates = first_of(selection.duplicates, kMostListedDuplicates),
          .thresholds = selection.thresholds,
          .balances = selection.balances};
}

std::string spell_out_reasons(const std::vector<Reason>& reasons, const std::vector<std::string>& strategies) {
  std::string text;
  for (const Reason& reason : reasons) {
    if (!text.empty()) text += " · ";
    // One strategy needs no number to say which; the first image of all is infinitely far from what was chosen before.
    if (strategies.size() > 1) text += fmt::format("{}: ", reason.strategy + 1);
    text += std::isinf(reason.value) ? "the first" : format_decimal(reason.value, 3);
  }
  return text;
}

}  // namespace pretag
