#include "pretag/run/selection_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "pretag/formats/dataset.h"
#include "pretag/formats/selection_config.h"
#include "pretag/io/file_system.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr size_t kMostBytes = size_t{1} << 20;

Error invalid(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

bool newer_interface(const RunConfig& config) {
  return !config.selection.empty() || config.selection_n_samples != -1 || config.selection_proportion_samples != -1 ||
         !config.selection_strategies.empty();
}

bool older_interface(const RunConfig& config) {
  return config.stopping_condition_n_samples != -1 || config.stopping_condition_min_distance != -1;
}

// What says how to select, other than by default, in the older interface alone; empty if nothing does.
std::string key_of_the_older_interface(const RunConfig& config) {
  if (config.method != "coreset") return "method";
  return config.active_learning_task.empty() ? "" : "active_learning.task_name";
}

SelectionEntry diversity(double minimum_distance = -1) {
  SelectionEntry entry;
  entry.strategy.stopping_condition_minimum_distance = minimum_distance;
  return entry;
}

SelectionEntry weights(const std::string& task, const std::string& score) {
  SelectionEntry entry;
  entry.input.type = InputType::kScores;
  entry.input.task = task;
  entry.input.score = score;
  entry.strategy.type = StrategyType::kWeights;
  return entry;
}

SelectionEntry by_chance() {
  SelectionEntry entry;
  entry.input.type = InputType::kRandom;
  entry.strategy.type = StrategyType::kWeights;
  return entry;
}

Result<SelectionConfig> from_selection(const RunConfig& config, const FileSystem& files) {
  SelectionConfig selection;
  if (!config.selection.empty()) {
    const auto text = read_text_file(files, config.selection, kMostBytes);
    if (!text) return text.error().in("selection");
    auto read = read_selection_config(*text);
    if (!read) return read.error().in(config.selection);
    selection = *std::move(read);
  }
  // What the command line says of the number replaces what the file says.
  if (config.selection_n_samples != -1 || config.selection_proportion_samples != -1) {
    selection.n_samples.reset();
    selection.proportion_samples.reset();
  }
  if (config.selection_n_samples != -1) selection.n_samples = config.selection_n_samples;
  if (config.selection_proportion_samples != -1) selection.proportion_samples = config.selection_proportion_samples;
  if (!config.selection_strategies.empty()) {
    auto entries = read_selection_strategies(config.selection_strategies);
    if (!entries) return entries.error().in("selection");
    selection.entries = *std::move(entries);
  }
  if (selection.entries.empty()) selection.entries.push_back(diversity());
  return selection;
}

Result<SelectionConfig> from_older_interface(const RunConfig& config) {
  SelectionConfig selection;
  const double count = config.stopping_condition_n_samples;
  if (count == 0 || (count > 1 && count != std::floor(count))) {
    return invalid(
        fmt::format("stopping_condition.n_samples is {:g}: it must be a share above 0 and up to 1, or a whole number "
                    "of images",
                    count));
  }
  if (count > 1) selection.n_samples = static_cast<int64_t>(count);
  if (count <= 1) selection.proportion_samples = count < 0 ? 1 : count;  // only a distance was given

  std::string scorer = config.scorer;
  std::ranges::replace(scorer, '-', '_');
  const bool random = config.method == "random";
  if (config.stopping_condition_min_distance >= 0 && (random || config.method == "active_learning")) {
    return invalid(
        fmt::format("stopping_condition.min_distance has no meaning for method={}: it is for coreset and "
                    "coral",
                    config.method));
  }
  if (random) selection.entries.push_back(by_chance());
  if (!random && config.method != "active_learning") {
    selection.entries.push_back(diversity(config.stopping_condition_min_distance));
  }
  const bool scored = config.method == "coral" || config.method == "active_learning";
  const std::string& objects = config.object_level_task;
  if (scored && config.active_learning_task.empty()) {
    selection.entries.push_back(weights(objects.empty() ? kPretaggingTask : objects, scorer));
  }
  if (!config.active_learning_task.empty()) {
    selection.entries.push_back(weights(config.active_learning_task, config.active_learning_score));
  }
  return selection;
}

// {"person": 1, "car": 2}: thresholds on the number of objects.
Result<std::vector<SelectionEntry>> least_counts(const std::string& path, const FileSystem& files) {
  const auto text = read_text_file(files, path, kMostBytes);
  if (!text) return text.error().in("pretagging_config");
  const auto counts = nlohmann::json::parse(*text, nullptr, false);
  const auto wrong = [&] {
    return invalid(path + ": must hold the least number of objects of each class, e.g. {\"person\": 1, \"car\": 2}");
  };
  if (!counts.is_object() || counts.empty() || counts.size() > 1000) return wrong();
  std::vector<SelectionEntry> entries;
  for (const auto& [name, count] : counts.items()) {
    if (!count.is_number_unsigned()) return wrong();
    SelectionEntry& entry = entries.emplace_back();
    entry.input.type = InputType::kPredictions;
    entry.input.task = kPretaggingTask;
    entry.input.columns = PredictionColumns::kCategoryCount;
    entry.input.categories = {name};
    entry.strategy.type = StrategyType::kThreshold;
    entry.strategy.threshold = count.get<double>();
    entry.origin = path;
  }
  return entries;
}

Status check_amount(const SelectionConfig& selection, int64_t sequence_length) {
  if (selection.n_samples.has_value() == selection.proportion_samples.has_value()) {
    const std::string_view found = selection.n_samples ? "both are given" : "neither is given";
    return invalid(fmt::format("selection: give n_samples or proportion_samples, one of the two; {}", found));
  }
  if (selection.n_samples && *selection.n_samples < 1) {
    return invalid(fmt::format("selection.n_samples is {}: it must be at least 1", *selection.n_samples));
  }
  if (selection.proportion_samples && !(*selection.proportion_samples > 0 && *selection.proportion_samples <= 1)) {
    return invalid(fmt::format("selection.proportion_samples is {:g}: it must be above 0 and at most 1",
                               *selection.proportion_samples));
  }
  if (selection.n_samples && *selection.n_samples % sequence_length != 0) {
    return invalid(fmt::format("selection.n_samples is {}: it must be a multiple of selected_sequence_length, {}",
                               *selection.n_samples, sequence_length));
  }
  return {};
}

// What is said of images only.
Status check_object_level(const RunConfig& config) {
  const std::string_view key = config.selected_sequence_length > 1 ? "selected_sequence_length"
                               : !config.pretagging_config.empty() ? "pretagging_config"
                               : !config.embeddings.empty()        ? "embeddings"
                                                                   : "";
  if (key.empty()) return {};
  return invalid(
      fmt::format("{} is about images, and cannot be given with object_level.task_name, which selects "
                  "objects",
                  key));
}

// The samples' embeddings are then those of the objects.
void select_objects(const std::string& task, SelectionConfig& selection) {
  for (SelectionEntry& entry : selection.entries) {
    if (entry.input.type == InputType::kEmbeddings && entry.input.task.empty()) entry.input.task = task;
  }
}

}  // namespace

Result<std::optional<SelectionConfig>> selection_config_of(const RunConfig& config, const FileSystem& files) {
  const bool newer = newer_interface(config), older = older_interface(config);
  const std::string way = key_of_the_older_interface(config);
  if (!newer && !older) {
    const std::string_view lonely = !config.pretagging_config.empty()     ? "pretagging_config"
                                    : !config.object_level_task.empty()   ? "object_level.task_name"
                                    : !config.datapool_name.empty()       ? "datapool.name"
                                    : config.selected_sequence_length > 1 ? "selected_sequence_length"
                                                                          : std::string_view(way);
    if (lonely.empty()) return std::optional<SelectionConfig>();
    return invalid(fmt::format("{} is given, but not how many to select: add {}=…", lonely,
                               lonely == way ? "stopping_condition.n_samples" : "selection.n_samples"));
  }
  if (newer && older) {
    return invalid("stopping_condition and selection both say how many to select: give one of them");
  }
  if (newer && !way.empty()) {
    return invalid(
        fmt::format("{} is of the older interface, where stopping_condition.n_samples says how many to "
                    "select: with selection, write it as a strategy",
                    way));
  }
  SelectionConfig selection;
  if (older) {
    PRETAG_ASSIGN(selection, from_older_interface(config));
  } else {
    PRETAG_ASSIGN(selection, from_selection(config, files));
  }
  if (!config.pretagging_config.empty()) {
    PRETAG_ASSIGN(const auto entries, least_counts(config.pretagging_config, files));
    selection.entries.insert(selection.entries.end(), entries.begin(), entries.end());
  }
  PRETAG_TRY(check_amount(selection, config.selected_sequence_length));
  if (!config.object_level_task.empty()) {
    PRETAG_TRY(check_object_level(config));
    select_objects(config.object_level_task, selection);
  }
  return std::optional(std::move(selection));
}

std::set<std::string> tasks_with_embeddings(const SelectionConfig& selection) {
  std::set<std::string> tasks;
  for (const SelectionEntry& entry : selection.entries) {
    const SelectionInput& input = entry.input;
    if (input.type == InputType::kEmbeddings && !input.task.empty()) tasks.insert(input.task);
  }
  return tasks;
}

bool needs_detector(const SelectionConfig& selection, bool own_embeddings) {
  return std::ranges::any_of(selection.entries, [&](const SelectionEntry& entry) {
    const SelectionInput& input = entry.input;
    const bool of_images = input.type == InputType::kEmbeddings && input.task.empty();
    const bool of_objects = input.type == InputType::kEmbeddings && !input.task.empty();
    return (of_images && !own_embeddings) || of_objects || input.task == kPretaggingTask;
  });
}

}  // namespace pretag
