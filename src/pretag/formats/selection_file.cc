#include "pretag/formats/selection_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "pretag/util/strings.h"

namespace pretag {
namespace {

using Json = nlohmann::ordered_json;

// The distance of the first sample is infinite, which JSON cannot say.
Json finite_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json sample_json(const SelectedSample& sample) {
  Json reasons = Json::array();
  for (const Reason& reason : sample.reasons) {
    reasons.push_back({{"strategy", reason.strategy}, {"value", finite_or_null(reason.value)}});
  }
  return {{"filename", sample.filename}, {"reasons", reasons}};
}

Json balance_json(const BalanceOutcome& balance) {
  Json classes = Json::array();
  for (const BalanceOutcome::Class& entry : balance.classes) {
    classes.push_back(
        {{"name", entry.name}, {"input", entry.input}, {"target", entry.target}, {"reached", entry.reached}});
  }
  return {{"strategy", balance.strategy}, {"classes", classes}};
}

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// Leaves the library's exception for everything that is no number of things.
int64_t count_at(const Json& json, const char* key) {
  const Json& value = json.at(key);
  if (value.is_number_unsigned() && value.get<uint64_t>() <= uint64_t{1} << 53) return value.get<int64_t>();
  throw Json::type_error::create(302, fmt::format("{} must be a whole number", key), &json);
}

size_t index_at(const Json& json, const char* key) { return static_cast<size_t>(count_at(json, key)); }

const Json& list_at(const Json& json, const char* key) {
  const Json& value = json.at(key);
  if (value.is_array()) return value;
  throw Json::type_error::create(302, fmt::format("{} must be a list", key), &json);
}

Reason reason_of(const Json& json) {
  const Json& value = json.at("value");
  return {.strategy = index_at(json, "strategy"),
          .value = value.is_null() ? std::numeric_limits<double>::infinity() : value.get<double>()};
}

SelectedSample sample_of(const Json& json) {
  SelectedSample sample{.filename = json.at("filename").get<std::string>(), .reasons = {}};
  for (const Json& reason : list_at(json, "reasons")) sample.reasons.push_back(reason_of(reason));
  return sample;
}

BalanceOutcome balance_of(const Json& json) {
  BalanceOutcome balance{.strategy = index_at(json, "strategy"), .classes = {}};
  for (const Json& entry : list_at(json, "classes")) {
    balance.classes.push_back({.name = entry.at("name").get<std::string>(),
                               .input = entry.at("input").get<double>(),
                               .target = entry.at("target").get<double>(),
                               .reached = entry.at("reached").get<double>()});
  }
  return balance;
}

Selection selection_of(const Json& json) {
  Selection selection;
  selection.strategies = json.at("strategies").get<std::vector<std::string>>();
  selection.inputs = count_at(json, "inputs");
  selection.candidates = count_at(json, "candidates");
  selection.requested = count_at(json, "requested");
  for (const Json& sample : list_at(json, "selected")) selection.selected.push_back(sample_of(sample));
  selection.preselected = json.at("preselected").get<std::vector<std::string>>();
  for (const Json& pair : list_at(json, "duplicates")) {
    selection.duplicates.push_back(
        {.filename = pair.at("filename").get<std::string>(), .kept = pair.at("kept").get<std::string>()});
  }
  for (const Json& threshold : list_at(json, "thresholds")) {
    selection.thresholds.push_back(
        {.strategy = index_at(threshold, "strategy"), .excluded = count_at(threshold, "excluded")});
  }
  for (const Json& balance : list_at(json, "balances")) selection.balances.push_back(balance_of(balance));
  selection.notes = json.at("notes").get<std::vector<std::string>>();
  return selection;
}

// Readers index `strategies` by these numbers.
bool strategies_exist(const Selection& selection) {
  const auto exists = [&](const auto& entry) { return entry.strategy < selection.strategies.size(); };
  return std::ranges::all_of(selection.thresholds, exists) && std::ranges::all_of(selection.balances, exists) &&
         std::ranges::all_of(selection.selected,
                             [&](const SelectedSample& s) { return std::ranges::all_of(s.reasons, exists); });
}

}  // namespace

// A sample a line, so that a long selection can be read and compared by people.
std::string write_selection(const Selection& selection) {
  Json thresholds = Json::array(), balances = Json::array();
  for (const ThresholdOutcome& threshold : selection.thresholds) {
    thresholds.push_back({{"strategy", threshold.strategy}, {"excluded", threshold.excluded}});
  }
  for (const BalanceOutcome& balance : selection.balances) balances.push_back(balance_json(balance));
  std::vector<std::string> selected, preselected, duplicates;
  for (const SelectedSample& sample : selection.selected) selected.push_back(text_of(sample_json(sample)));
  for (const std::string& filename : selection.preselected) preselected.push_back(text_of(filename));
  for (const DuplicatePair& pair : selection.duplicates) {
    duplicates.push_back(text_of(Json{{"filename", pair.filename}, {"kept", pair.kept}}));
  }
  const auto list = [](const std::vector<std::string>& lines) {
    return lines.empty() ? std::string("[]") : fmt::format("[\n  {}\n]", fmt::join(lines, ",\n  "));
  };
  return fmt::format(
      "{{\"strategies\": {},\n\"inputs\": {},\n\"candidates\": {},\n\"requested\": {},\n\"notes\": {},\n"
      "\"thresholds\": {},\n\"balances\": {},\n\"selected\": {},\n\"preselected\": {},\n\"duplicates\": {}}}\n",
      text_of(selection.strategies), selection.inputs, selection.candidates, selection.requested,
      text_of(selection.notes), text_of(thresholds), text_of(balances), list(selected), list(preselected),
      list(duplicates));
}

Result<Selection> read_selection(std::string_view text) {
  try {
    Selection selection = selection_of(Json::parse(text));
    if (!strategies_exist(selection)) return Error{ErrorCode::kCorrupt, "a strategy's number has no strategy"};
    return selection;
  } catch (const nlohmann::json::exception& error) {
    return Error{ErrorCode::kCorrupt, "not a selection: " + one_line(error.what(), 200)};
  }
}

}  // namespace pretag
