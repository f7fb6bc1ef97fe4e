#include "pretag/formats/selection_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "pretag/data/object_crop.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

using Json = nlohmann::ordered_json;

// The distance of the first sample is infinite, which JSON cannot say.
Json finite_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json reasons_json(const std::vector<Reason>& reasons) {
  Json list = Json::array();
  for (const Reason& reason : reasons) {
    list.push_back({{"strategy", reason.strategy}, {"value", finite_or_null(reason.value)}});
  }
  return list;
}

Json sample_json(const SelectedSample& sample) {
  return {{"filename", sample.filename}, {"reasons", reasons_json(sample.reasons)}};
}

Json object_json(const SelectedObject& object, const std::string& task) {
  const Box& box = object.box_in_image;
  return {{"filename", object.filename},
          {"index", object.index},
          {"crop", crop_name(object.filename, task, object.index)},
          {"label", object.label},
          {"score", object.score},
          {"box", {box.x1, box.y1, box.x2, box.y2}},
          {"width", object.width},
          {"height", object.height},
          {"reasons", reasons_json(object.reasons)}};
}

Json object_classes_json(const ObjectSelection& objects) {
  Json classes = Json::array();
  for (const ObjectSelection::Class& entry : objects.classes) {
    classes.push_back({{"name", entry.name}, {"inputs", entry.inputs}, {"selected", entry.selected}});
  }
  return classes;
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

std::vector<Reason> reasons_of(const Json& json) {
  std::vector<Reason> reasons;
  for (const Json& reason : list_at(json, "reasons")) reasons.push_back(reason_of(reason));
  return reasons;
}

SelectedSample sample_of(const Json& json) {
  return {.filename = json.at("filename").get<std::string>(), .reasons = reasons_of(json)};
}

// Sides of an image, which later stages cut crops from.
int side_at(const Json& json, const char* key) {
  const int64_t side = count_at(json, key);
  if (side >= 1 && side <= std::numeric_limits<int>::max()) return static_cast<int>(side);
  throw Json::type_error::create(302, fmt::format("{} must be a number of pixels", key), &json);
}

// Leaves the library's exception for what is not finite as a float, which could not be written again.
float float_of(const Json& json) {
  const float value = json.get<float>();
  if (std::isfinite(value)) return value;
  throw Json::type_error::create(302, "a number is too large", &json);
}

SelectedObject object_of(const Json& json) {
  const Json& box = list_at(json, "box");
  return {.filename = json.at("filename").get<std::string>(),
          .index = count_at(json, "index"),
          .label = json.at("label").get<std::string>(),
          .score = float_of(json.at("score")),
          .box_in_image = {float_of(box.at(0)), float_of(box.at(1)), float_of(box.at(2)), float_of(box.at(3))},
          .width = side_at(json, "width"),
          .height = side_at(json, "height"),
          .reasons = reasons_of(json)};
}

ObjectSelection objects_of(const Json& json) {
  ObjectSelection objects{.task = json.at("task").get<std::string>(),
                          .padding = json.at("padding").get<double>(),
                          .classes = {},
                          .selected = {}};
  objects.preselected = count_at(json, "preselected");
  for (const Json& entry : list_at(json, "classes")) {
    objects.classes.push_back({.name = entry.at("name").get<std::string>(),
                               .inputs = count_at(entry, "inputs"),
                               .selected = count_at(entry, "selected")});
  }
  for (const Json& object : list_at(json, "selected")) objects.selected.push_back(object_of(object));
  return objects;
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
  if (json.contains("objects")) selection.objects = objects_of(json.at("objects"));
  selection.preselected = json.at("preselected").get<std::vector<std::string>>();
  if (json.contains("preselected_elsewhere")) selection.preselected_elsewhere = count_at(json, "preselected_elsewhere");
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
  const auto is_explained = [&](const auto& chosen) { return std::ranges::all_of(chosen.reasons, exists); };
  return std::ranges::all_of(selection.thresholds, exists) && std::ranges::all_of(selection.balances, exists) &&
         std::ranges::all_of(selection.selected, is_explained) &&
         (!selection.objects || std::ranges::all_of(selection.objects->selected, is_explained));
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
  std::string objects;
  if (selection.objects) {
    std::vector<std::string> lines;
    for (const SelectedObject& object : selection.objects->selected) {
      lines.push_back(text_of(object_json(object, selection.objects->task)));
    }
    objects = fmt::format(
        ",\n\"objects\": {{\"task\": {},\n\"padding\": {},\n\"preselected\": {},\n\"classes\": {},\n\"selected\": {}}}",
        text_of(selection.objects->task), text_of(selection.objects->padding), selection.objects->preselected,
        text_of(object_classes_json(*selection.objects)), list(lines));
  }
  return fmt::format(
      "{{\"strategies\": {},\n\"inputs\": {},\n\"candidates\": {},\n\"requested\": {},\n\"notes\": {},\n"
      "\"thresholds\": {},\n\"balances\": {},\n\"selected\": {},\n\"preselected\": {},\n"
      "\"preselected_elsewhere\": {},\n\"duplicates\": {}{}}}\n",
      text_of(selection.strategies), selection.inputs, selection.candidates, selection.requested,
      text_of(selection.notes), text_of(thresholds), text_of(balances), list(selected), list(preselected),
      selection.preselected_elsewhere, list(duplicates), objects);
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
