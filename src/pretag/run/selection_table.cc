#include "pretag/run/selection_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

#include "pretag/run/metadata_columns.h"
#include "pretag/run/number_column.h"
#include "pretag/run/task_detections.h"
#include "pretag/select/chance.h"
#include "pretag/select/scores.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

Error invalid(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

class RandomColumn : public NumberColumn {
 public:
  explicit RandomColumn(int64_t seed) : seed_(static_cast<uint64_t>(seed)) {}
  Status add(const SelectionSample& sample) override {
    // By the name (FNV-1a), so that a sample keeps its luck whatever else is there.
    uint64_t hash = 0xCBF29CE484222325;
    for (const char c : sample.name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    values_.push_back(uniform(seed_, hash));
    return {};
  }

 private:
  uint64_t seed_;
};

class ScoreColumn : public NumberColumn {
 public:
  ScoreColumn(std::shared_ptr<const TaskDetections> task, DetectionScore score, const RunConfig& config)
      : task_(std::move(task)), score_(score) {
    options_.classes = std::max<size_t>(task_->classes().size(), 1);
    options_.frequency_penalty = config.scorer_frequency_penalty;
    options_.min_score = config.scorer_min_score;
    options_.of_pixels = task_->is_of_pixels();
  }
  Status add(const SelectionSample& sample) override {
    PRETAG_ASSIGN(const auto detections, task_->of(sample.image));
    values_.push_back(score_image(score_, detections, options_));
    return {};
  }
  std::vector<std::string> files_of(const std::string& filename) const override { return task_->files_of(filename); }
  void move_into(Objective& objective) override {
    if (score_ == DetectionScore::kObjectFrequency) scale_object_frequencies(values_, options_.min_score);
    NumberColumn::move_into(objective);
  }

 private:
  std::shared_ptr<const TaskDetections> task_;
  DetectionScore score_;
  ScoreOptions options_;
};

// How many objects of the wanted classes are in an image.
class CountColumn : public NumberColumn {
 public:
  CountColumn(std::shared_ptr<const TaskDetections> task, std::vector<std::string> categories)
      : NumberColumn(true), task_(std::move(task)), categories_(std::move(categories)) {}
  Status add(const SelectionSample& sample) override {
    PRETAG_ASSIGN(const auto detections, task_->of(sample.image));
    const auto wanted = [this](const Detection& detection) {
      return categories_.empty() || std::ranges::find(categories_, detection.label) != categories_.end();
    };
    values_.push_back(static_cast<double>(std::ranges::count_if(detections, wanted)));
    return {};
  }
  std::vector<std::string> files_of(const std::string& filename) const override { return task_->files_of(filename); }
  void move_into(Objective& objective) override {
    NumberColumn::move_into(objective);
    std::get<NumericColumn>(objective.input).is_count = true;
  }

 private:
  std::shared_ptr<const TaskDetections> task_;
  std::vector<std::string> categories_;
};

class ClassColumn : public SelectionColumn {
 public:
  ClassColumn(std::shared_ptr<const TaskDetections> task, const SelectionInput& input)
      : task_(std::move(task)), as_counts_(input.columns == PredictionColumns::kCategoryCount) {
    for (const std::string& name : task_->classes()) {
      const auto& wanted = input.categories;
      if (!wanted.empty() && std::ranges::find(wanted, name) == wanted.end()) continue;
      index_of_[name] = columns_.classes.size();
      const auto found = std::ranges::find(task_->model_classes(), name);
      probability_of_.push_back(static_cast<size_t>(found - task_->model_classes().begin()));
      columns_.classes.push_back(name);
    }
    model_classes_ = task_->model_classes().size();
  }

  std::vector<std::string> files_of(const std::string& filename) const override { return task_->files_of(filename); }
  Status add(const SelectionSample& sample) override {
    PRETAG_ASSIGN(const auto detections, task_->of(sample.image));
    const size_t begin = columns_.values.size();
    columns_.values.resize(begin + columns_.classes.size());
    const std::span row = std::span(columns_.values).subspan(begin);
    // Of pixels it is the mean: a large picture of something is no more of it than a small one.
    const bool is_mean = task_->is_of_pixels() && !as_counts_;
    double pixels = 0;
    for (const Detection& detection : detections) pixels += static_cast<double>(detection.pixels);
    for (const Detection& detection : detections) {
      const bool has_probabilities = model_classes_ > 0 && detection.probabilities.size() == model_classes_;
      const float weight = is_mean ? static_cast<float>(static_cast<double>(detection.pixels) / pixels) : 1;
      as_counts_ || !has_probabilities ? add_label(detection, weight, row) : add_probabilities(detection, weight, row);
    }
    return {};
  }
  Status add_foreign(const std::string&, std::span<const float>) override {
    columns_.values.resize(columns_.values.size() + columns_.classes.size());
    return {};
  }
  void move_into(Objective& objective) override { objective.input = std::move(columns_); }

 private:
  void add_label(const Detection& detection, float weight, std::span<float> row) const {
    const auto found = index_of_.find(detection.label);
    if (found != index_of_.end()) row[found->second] += weight;
  }

  // An object counts whole, however much of its probability is the background's.
  void add_probabilities(const Detection& detection, float weight, std::span<float> row) const {
    float objectness = 0;
    for (size_t c = 1; c < detection.probabilities.size(); ++c) objectness += detection.probabilities[c];
    if (!(objectness > 0)) return add_label(detection, weight, row);
    for (size_t c = 0; c < row.size(); ++c) {
      const size_t index = probability_of_[c];
      if (index < model_classes_) row[c] += weight * detection.probabilities[index] / objectness;
    }
  }

  std::shared_ptr<const TaskDetections> task_;
  bool as_counts_;
  ClassColumns columns_;
  std::map<std::string, size_t, std::less<>> index_of_;
  std::vector<size_t> probability_of_;  // of each column
  size_t model_classes_ = 0;
};

class EmbeddingColumn : public SelectionColumn {
 public:
  bool is_of_embeddings() const override { return true; }
  Status add(const SelectionSample& sample) override { return add_foreign(sample.name, sample.image.embedding); }
  Status add_foreign(const std::string& filename, std::span<const float> embedding) override {
    if (column_->columns == 0) column_->columns = embedding.size();
    if (embedding.empty()) return invalid(filename + ": it has no embedding, as images of a run without a model");
    if (embedding.size() != column_->columns) {
      return invalid(fmt::format("{}: its embedding has {} numbers, the first one's {}", filename, embedding.size(),
                                 column_->columns));
    }
    column_->values.insert(column_->values.end(), embedding.begin(), embedding.end());
    return {};
  }
  void move_into(Objective& objective) override {
    objective.input = std::shared_ptr<const VectorColumn>(std::move(column_));
  }

 private:
  std::shared_ptr<VectorColumn> column_ = std::make_shared<VectorColumn>();
};

// The embeddings of an image's objects: as many vectors as it has objects that have one.
class ObjectEmbeddingColumn : public SelectionColumn {
 public:
  explicit ObjectEmbeddingColumn(std::shared_ptr<const TaskDetections> task) : task_(std::move(task)) {}

  bool is_of_objects() const override { return true; }
  std::vector<std::string> files_of(const std::string& filename) const override { return task_->files_of(filename); }
  Status add(const SelectionSample& sample) override {
    PRETAG_ASSIGN(const auto objects, task_->of(sample.image));
    for (const Detection& object : objects) {
      if (column_->columns == 0) column_->columns = object.embedding.size();
      if (object.embedding.size() != column_->columns) continue;
      column_->values.insert(column_->values.end(), object.embedding.begin(), object.embedding.end());
    }
    return end_sample();
  }
  Status add_foreign(const std::string&, std::span<const float>) override { return end_sample(); }
  void move_into(Objective& objective) override {
    objective.input = std::shared_ptr<const VectorColumn>(std::move(column_));
  }

 private:
  Status end_sample() {
    if (column_->first.empty()) column_->first.push_back(0);
    column_->first.push_back(static_cast<uint32_t>(column_->rows()));
    return {};
  }

  std::shared_ptr<const TaskDetections> task_;
  std::shared_ptr<VectorColumn> column_ = std::make_shared<VectorColumn>();
};

// Those of the detector's objects are always there, but for crowds and for runs of the first versions.
Status check_embedded(const std::string& task, const SelectionSources& sources) {
  if (task == kPretaggingTask || std::ranges::find(sources.embedded_tasks, task) != sources.embedded_tasks.end()) {
    return {};
  }
  return invalid(
      fmt::format("the objects of the task '{}' have no embeddings in this run, since its images were looked "
                  "at without them: run it anew, with this selection, into another folder",
                  one_line(task)));
}

using Column = Result<std::unique_ptr<SelectionColumn>>;

template <class Kind, class... Arguments>
Column make(Arguments&&... arguments) {
  return std::unique_ptr<SelectionColumn>(std::make_unique<Kind>(std::forward<Arguments>(arguments)...));
}

// The task that an input is of. On object level it is that of the objects.
Result<std::shared_ptr<const TaskDetections>> open_task(const std::string& task, const RunConfig& config,
                                                        const SelectionSources& sources) {
  PRETAG_ASSIGN(auto opened, TaskDetections::open(task, sources));
  return config.object_level_task.empty() ? opened : TaskDetections::of_objects(*opened);
}

// Of other tasks' objects nothing is known to be about one of this.
Status check_object_level(const SelectionInput& input, const RunConfig& config) {
  const std::string& task = config.object_level_task;
  if (task.empty() || input.task.empty() || input.task == task) return {};
  return invalid(
      fmt::format("the task '{}' cannot say anything of the objects of {}, which are to be selected "
                  "(object_level.task_name)",
                  one_line(input.task), one_line(task)));
}

// Of pixels there are only the scores that compare classes: how many segments they come in is up to who wrote the file.
Result<DetectionScore> score_of(const SelectionInput& input, const TaskDetections& task) {
  std::vector<std::string> names = detection_score_names();
  names.emplace_back(kMeanUncertainty);
  const auto compares_classes = [](const std::string& name) { return name.starts_with("uncertainty_"); };
  if (task.is_of_pixels()) std::erase_if(names, std::not_fn(compares_classes));
  const auto score = detection_score_named(input.score);
  if (score && std::ranges::find(names, input.score) != names.end()) return *score;
  return invalid(fmt::format("there is no score '{}'{}: {}", one_line(input.score),
                             task.is_of_pixels() ? " of a semantic segmentation" : "",
                             known_names(input.score, names)));
}

Column make_object_embedding_column(const std::string& name, const RunConfig& config, const SelectionSources& sources) {
  PRETAG_ASSIGN(auto task, open_task(name, config, sources));
  if (task->is_of_pixels()) {
    return invalid(
        fmt::format("the task '{}' is a semantic segmentation: one of its segments may be many objects or "
                    "a part of one, and has no box that the network could embed",
                    one_line(name)));
  }
  if (!task->is_of_objects()) return invalid(fmt::format("the task '{}' is of images, not of objects", one_line(name)));
  PRETAG_TRY(check_embedded(name, sources));
  if (!config.object_level_task.empty()) return make<EmbeddingColumn>();  // the sample is the object
  return make<ObjectEmbeddingColumn>(std::move(task));
}

}  // namespace

Column make_column(const SelectionEntry& entry, const RunConfig& config, const SelectionSources& sources) {
  const SelectionInput& input = entry.input;
  PRETAG_TRY(check_object_level(input, config));
  switch (input.type) {
    case InputType::kRandom:
      return make<RandomColumn>(input.random_seed.value_or(config.seed));
    case InputType::kMetadata:
      return make_metadata_column(entry, sources);
    case InputType::kEmbeddings:
      if (input.task.empty()) return make<EmbeddingColumn>();
      return make_object_embedding_column(input.task, config, sources);
    case InputType::kScores: {
      PRETAG_ASSIGN(auto task, open_task(input.task, config, sources));
      PRETAG_ASSIGN(const DetectionScore score, score_of(input, *task));
      return make<ScoreColumn>(std::move(task), score, config);
    }
    case InputType::kPredictions:
      break;
  }
  PRETAG_ASSIGN(auto task, open_task(input.task, config, sources));
  for (const std::string& category : input.categories) {
    if (std::ranges::find(task->classes(), category) != task->classes().end()) continue;
    return invalid(fmt::format("the task {} has no class '{}': {}", input.task, one_line(category),
                               known_names(category, task->classes())));
  }
  if (entry.strategy.type != StrategyType::kBalance) {
    return make<CountColumn>(std::move(task), input.categories);
  }
  return make<ClassColumn>(std::move(task), input);
}

}  // namespace pretag
