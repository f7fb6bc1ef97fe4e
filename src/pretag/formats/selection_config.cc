#include "pretag/formats/selection_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "pretag/formats/json_object_reader.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

using nlohmann::json;

constexpr size_t kMaxBytes = size_t{1} << 20, kMaxStrategies = 100;

template <class Enum>
using Names = std::span<const std::pair<std::string_view, Enum>>;

constexpr std::array<std::pair<std::string_view, InputType>, 5> kInputs = {{{"EMBEDDINGS", InputType::kEmbeddings},
                                                                            {"SCORES", InputType::kScores},
                                                                            {"METADATA", InputType::kMetadata},
                                                                            {"PREDICTIONS", InputType::kPredictions},
                                                                            {"RANDOM", InputType::kRandom}}};
constexpr std::array<std::pair<std::string_view, StrategyType>, 6> kStrategies = {
    {{"DIVERSITY", StrategyType::kDiversity},
     {"WEIGHTS", StrategyType::kWeights},
     {"THRESHOLD", StrategyType::kThreshold},
     {"BALANCE", StrategyType::kBalance},
     {"SIMILARITY", StrategyType::kSimilarity},
     {"TYPICALITY", StrategyType::kTypicality}}};
constexpr std::array<std::pair<std::string_view, ThresholdOperation>, 4> kOperations = {
    {{"SMALLER", ThresholdOperation::kSmaller},
     {"SMALLER_EQUAL", ThresholdOperation::kSmallerEqual},
     {"BIGGER", ThresholdOperation::kBigger},
     {"BIGGER_EQUAL", ThresholdOperation::kBiggerEqual}}};
constexpr std::array<std::pair<std::string_view, BalanceDistribution>, 3> kDistributions = {
    {{"TARGET", BalanceDistribution::kTarget},
     {"UNIFORM", BalanceDistribution::kUniform},
     {"INPUT", BalanceDistribution::kInput}}};
constexpr std::array<std::pair<std::string_view, PredictionColumns>, 2> kColumns = {
    {{"CLASS_DISTRIBUTION", PredictionColumns::kClassDistribution},
     {"CATEGORY_COUNT", PredictionColumns::kCategoryCount}}};

Error invalid(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

template <class Enum>
std::string_view name_of(Names<Enum> names, Enum value) {
  return std::ranges::find(names, value, [](const auto& entry) { return entry.second; })->first;
}

// The member of an enumeration that a key names; `fallback` where it is absent.
template <class Enum>
Result<Enum> choice(JsonObjectReader& object, const char* key, Names<Enum> names, std::optional<Enum> fallback) {
  PRETAG_ASSIGN(const auto text, object.text(key));
  std::vector<std::string> known;
  for (const auto& [name, value] : names) {
    if (text && *text == name) return value;
    known.emplace_back(name);
  }
  if (!text && fallback) return *fallback;
  if (!text) return object.wrong(key, fmt::format("is missing: it is one of {}", fmt::join(known, ", ")));
  const std::string near = nearest(*text, known);
  return object.wrong(key, fmt::format("is '{}': {}", one_line(*text),
                                       near.empty() ? fmt::format("it must be one of {}", fmt::join(known, ", "))
                                                    : "did you mean '" + near + "'?"));
}

Status read_into(JsonObjectReader& object, const char* key, double least, double most, double& field) {
  PRETAG_ASSIGN(const auto value, object.number(key));
  if (!value) return {};
  if (*value < least || *value > most) {
    return object.wrong(key, fmt::format("is {:g}: it must be {}", *value,
                                         most >= 1e9 ? fmt::format("at least {:g}", least)
                                                     : fmt::format("between {:g} and {:g}", least, most)));
  }
  field = *value;
  return {};
}

Status read_into(JsonObjectReader& object, const char* key, std::string& field) {
  PRETAG_ASSIGN(const auto value, object.text(key));
  if (value) field = *value;
  return {};
}

Status read_categories(JsonObjectReader& object, std::vector<std::string>& categories) {
  const json* list = object.value("categories");
  if (list == nullptr) return {};
  if (!list->is_array()) return object.wrong("categories", "must be a list of class names");
  for (const json& name : *list) {
    if (!name.is_string()) return object.wrong("categories", "must be a list of class names");
    categories.push_back(name.get<std::string>());
  }
  return {};
}

Result<SelectionInput> read_input(const json& value, const std::string& where) {
  PRETAG_ASSIGN(JsonObjectReader object, JsonObjectReader::open(value, where));
  SelectionInput input;
  PRETAG_ASSIGN(input.type, choice<InputType>(object, "type", kInputs, std::nullopt));
  const auto need = [&](const char* key, const std::string& field, std::string_view example) -> Status {
    if (!field.empty()) return {};
    return object.wrong(key, fmt::format("is missing: an input of type {} needs it, e.g. \"{}\"",
                                         name_of<InputType>(kInputs, input.type), example));
  };
  switch (input.type) {
    case InputType::kEmbeddings: {
      PRETAG_TRY(read_into(object, "task", input.task));
      PRETAG_TRY(read_into(object, "query", input.query));
      std::string dataset, tag;
      PRETAG_TRY(read_into(object, "dataset_id", dataset));
      PRETAG_TRY(read_into(object, "tag_name", tag));
      if (!dataset.empty() || !tag.empty()) {
        return Error{ErrorCode::kUnsupported,
                     where +
                         ".dataset_id names a dataset of a server, which is not asked yet: give "
                         "\"query\", a run folder or an embeddings CSV"};
      }
      break;
    }
    case InputType::kScores:
      PRETAG_TRY(read_into(object, "task", input.task));
      PRETAG_TRY(read_into(object, "score", input.score));
      PRETAG_TRY(need("task", input.task, kPretaggingTask));
      PRETAG_TRY(need("score", input.score, "object_frequency"));
      break;
    case InputType::kMetadata:
      PRETAG_TRY(read_into(object, "key", input.key));
      PRETAG_TRY(need("key", input.key, "lightly.sharpness"));
      break;
    case InputType::kPredictions: {
      PRETAG_TRY(read_into(object, "task", input.task));
      PRETAG_TRY(need("task", input.task, kPretaggingTask));
      PRETAG_ASSIGN(input.columns, choice<PredictionColumns>(object, "name", kColumns, input.columns));
      PRETAG_TRY(read_categories(object, input.categories));
      break;
    }
    case InputType::kRandom: {
      PRETAG_ASSIGN(input.random_seed, object.integer("random_seed"));
      break;
    }
  }
  PRETAG_TRY(object.finish());
  return input;
}

Status read_target(JsonObjectReader& object, SelectionStrategy& strategy) {
  const json* target = object.value("target");
  if (strategy.distribution != BalanceDistribution::kTarget) {
    return target == nullptr ? Status() : object.wrong("target", "is only for \"distribution\": \"TARGET\"");
  }
  if (target == nullptr || !target->is_object() || target->empty()) {
    return object.wrong("target", "is missing: give the wanted shares, e.g. {\"person\": 0.5, \"car\": 0.3}");
  }
  double sum = 0;
  for (const auto& [name, share] : target->items()) {
    if (!share.is_number() || !(share.get<double>() >= 0 && share.get<double>() <= 1)) {
      return object.wrong("target", fmt::format("of '{}' must be a share between 0 and 1", one_line(name)));
    }
    strategy.target[name] = share.get<double>();
    sum += share.get<double>();
  }
  constexpr double kRounding = 1e-6;
  if (sum > 1 + kRounding) {
    return object.wrong("target", fmt::format("adds up to {:g}: the shares together must be at most 1", sum));
  }
  return {};
}

Result<SelectionStrategy> read_strategy(const json& value, const std::string& where) {
  PRETAG_ASSIGN(JsonObjectReader object, JsonObjectReader::open(value, where));
  SelectionStrategy strategy;
  PRETAG_ASSIGN(strategy.type, choice<StrategyType>(object, "type", kStrategies, std::nullopt));
  PRETAG_TRY(read_into(object, "strength", 0, 1e9, strategy.strength));
  switch (strategy.type) {
    case StrategyType::kDiversity:
      PRETAG_TRY(
          read_into(object, "stopping_condition_minimum_distance", 0, 2, strategy.stopping_condition_minimum_distance));
      break;
    case StrategyType::kWeights:
      PRETAG_TRY(read_into(object, "stopping_condition_max_sum", 0, 1e15, strategy.stopping_condition_max_sum));
      if (object.value("target_range") != nullptr) {
        return Error{ErrorCode::kUnsupported,
                     where + ".target_range comes in a later version: use stopping_condition_max_sum"};
      }
      break;
    case StrategyType::kThreshold: {
      PRETAG_ASSIGN(const auto threshold, object.number("threshold"));
      if (!threshold) return object.wrong("threshold", "is missing: it must be a number");
      strategy.threshold = *threshold;
      PRETAG_ASSIGN(strategy.operation, choice<ThresholdOperation>(object, "operation", kOperations, std::nullopt));
      break;
    }
    case StrategyType::kBalance: {
      PRETAG_ASSIGN(strategy.distribution,
                    choice<BalanceDistribution>(object, "distribution", kDistributions, strategy.distribution));
      PRETAG_TRY(read_target(object, strategy));
      break;
    }
    case StrategyType::kSimilarity:
      break;
    case StrategyType::kTypicality: {
      PRETAG_ASSIGN(const auto neighbors, object.integer("num_nearest_neighbors"));
      if (neighbors && (*neighbors < 2 || *neighbors > 1000)) {
        return object.wrong("num_nearest_neighbors", "must be between 2 and 1000");
      }
      strategy.num_nearest_neighbors = neighbors.value_or(strategy.num_nearest_neighbors);
      PRETAG_TRY(read_into(object, "stopping_condition_minimum_typicality", 0, 1,
                           strategy.stopping_condition_minimum_typicality));
      break;
    }
  }
  PRETAG_TRY(object.finish());
  return strategy;
}

// Which inputs a strategy can work on.
std::vector<InputType> inputs_of(StrategyType strategy) {
  switch (strategy) {
    case StrategyType::kWeights:
    case StrategyType::kThreshold:
      return {InputType::kScores, InputType::kMetadata, InputType::kPredictions, InputType::kRandom};
    case StrategyType::kBalance:
      return {InputType::kPredictions, InputType::kMetadata};
    default:
      return {InputType::kEmbeddings};
  }
}

Status check_pair(const SelectionEntry& entry, const std::string& where) {
  const std::vector<InputType> allowed = inputs_of(entry.strategy.type);
  if (std::ranges::find(allowed, entry.input.type) == allowed.end()) {
    std::vector<std::string_view> names;
    for (const InputType type : allowed) names.push_back(name_of<InputType>(kInputs, type));
    return invalid(fmt::format("{}: the strategy {} does not work on {}, but on {}", where,
                               name_of<StrategyType>(kStrategies, entry.strategy.type),
                               name_of<InputType>(kInputs, entry.input.type), fmt::join(names, " or ")));
  }
  const bool one_number =
      entry.strategy.type == StrategyType::kWeights || entry.strategy.type == StrategyType::kThreshold;
  if (one_number && entry.input.type == InputType::kPredictions &&
      entry.input.columns != PredictionColumns::kCategoryCount) {
    return invalid(
        fmt::format("{}.input.name must be CATEGORY_COUNT: {} needs one number an image, and a class "
                    "distribution is several",
                    where, name_of<StrategyType>(kStrategies, entry.strategy.type)));
  }
  if ((entry.strategy.type == StrategyType::kSimilarity) != !entry.input.query.empty()) {
    return invalid(where + (entry.input.query.empty()
                                ? ".input.query is missing: a run folder or an embeddings CSV to be similar to"
                                : ".input.query is only for the strategy SIMILARITY"));
  }
  return {};
}

Result<std::vector<SelectionEntry>> read_entries(const json& list, const std::string& where) {
  if (!list.is_array() || list.empty()) return invalid(where + " must be a list with at least one strategy");
  if (list.size() > kMaxStrategies) return invalid(fmt::format("{}: at most {} strategies", where, kMaxStrategies));
  std::vector<SelectionEntry> entries;
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string here = fmt::format("{}[{}]", where, i);
    PRETAG_ASSIGN(JsonObjectReader object, JsonObjectReader::open(list[i], here));
    const json* input = object.value("input");
    const json* strategy = object.value("strategy");
    if (input == nullptr) return object.wrong("input", "is missing");
    if (strategy == nullptr) return object.wrong("strategy", "is missing");
    PRETAG_TRY(object.finish());
    SelectionEntry entry;
    PRETAG_ASSIGN(entry.input, read_input(*input, here + ".input"));
    PRETAG_ASSIGN(entry.strategy, read_strategy(*strategy, here + ".strategy"));
    PRETAG_TRY(check_pair(entry, here));
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<json> parse(std::string_view text) {
  if (text.size() > kMaxBytes) return invalid(fmt::format("more than {} bytes for a selection", kMaxBytes));
  constexpr int kMaxNesting = 16;
  // What goes through the parsed values recurses, so their depth is bounded before they are built.
  const auto within = [](int depth, json::parse_event_t, json&) -> bool {
    if (depth > kMaxNesting) throw std::length_error("nested too deeply for a selection");
    return true;
  };
  try {
    constexpr bool kComments = true, kExceptions = true;
    return json::parse(text, within, kExceptions, kComments);
  } catch (const json::parse_error& error) {
    return invalid(fmt::format("not valid JSON at byte {}", error.byte));
  } catch (const json::out_of_range&) {
    return invalid("a number is out of range");
  } catch (const std::exception& error) {
    return invalid(one_line(error.what()));
  }
}

}  // namespace

Result<SelectionConfig> read_selection_config(std::string_view text) {
  PRETAG_ASSIGN(const json document, parse(text));
  PRETAG_ASSIGN(JsonObjectReader object, JsonObjectReader::open(document, "selection"));
  SelectionConfig config;
  // -1 is how the API says "not given".
  PRETAG_ASSIGN(const auto samples, object.integer("n_samples"));
  PRETAG_ASSIGN(const auto proportion, object.number("proportion_samples"));
  if (samples && *samples != -1) config.n_samples = *samples;
  if (proportion && *proportion != -1) config.proportion_samples = *proportion;
  const json* automatic = object.value("auto_tasks");
  if (automatic != nullptr && !(automatic->is_array() && automatic->empty())) {
    return Error{ErrorCode::kUnsupported,
                 "selection.auto_tasks: tiles and crops come in a later version; leave it out"};
  }
  const json* regex = object.value("lightly_path_regex");
  if (regex != nullptr) {
    return Error{ErrorCode::kUnsupported,
                 "selection.lightly_path_regex comes in a later version: use relevant_filenames_file"};
  }
  const json* strategies = object.value("strategies");
  if (strategies != nullptr) {
    PRETAG_ASSIGN(config.entries, read_entries(*strategies, "strategies"));
  }
  PRETAG_TRY(object.finish());
  return config;
}

Result<std::vector<SelectionEntry>> read_selection_strategies(std::string_view text) {
  PRETAG_ASSIGN(const json document, parse(text));
  return read_entries(document, "strategies");
}

std::string describe(const SelectionEntry& entry) {
  const SelectionInput& input = entry.input;
  const SelectionStrategy& strategy = entry.strategy;
  std::string what;
  switch (input.type) {
    case InputType::kEmbeddings:
      what = input.task.empty() ? "image embeddings" : fmt::format("object embeddings of {}", input.task);
      break;
    case InputType::kScores:
      what = fmt::format("{} of {}", input.score, input.task);
      break;
    case InputType::kMetadata:
      what = input.key;
      break;
    case InputType::kPredictions:
      what = fmt::format("{} of {}{}", input.columns == PredictionColumns::kCategoryCount ? "object counts" : "classes",
                         input.task,
                         input.categories.empty() ? "" : fmt::format(" ({})", fmt::join(input.categories, ", ")));
      break;
    case InputType::kRandom:
      what = "chance";
      break;
  }
  const std::string strength = strategy.strength == 1 ? "" : fmt::format(", strength {:g}", strategy.strength);
  constexpr std::array<std::string_view, 4> kSigns = {"below", "at most", "above", "at least"};
  if (strategy.type == StrategyType::kThreshold) {
    return fmt::format("threshold: {} {} {}", what, kSigns[static_cast<size_t>(strategy.operation)],
                       strategy.threshold);
  }
  return fmt::format("{} of {}{}", to_lower(name_of<StrategyType>(kStrategies, strategy.type)), what, strength);
}

}  // namespace pretag
