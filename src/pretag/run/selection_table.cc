#include "pretag/run/selection_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "pretag/formats/lightly_metadata.h"
#include "pretag/io/file_system.h"
#include "pretag/run/task_detections.h"
#include "pretag/select/chance.h"
#include "pretag/select/scores.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

Error invalid(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

std::string known_names(const std::string& name, const std::vector<std::string>& known) {
  const std::string near = nearest(name, known);
  if (!near.empty()) return "did you mean '" + near + "'?";
  return known.empty() ? "there is none" : fmt::format("there are {}", fmt::join(known, ", "));
}

class NumberColumn : public SelectionColumn {
 public:
  Status add_foreign(const std::string&, std::span<const float>) override {
    values_.push_back(0);
    return {};
  }
  void move_into(Objective& objective) override { objective.input = NumericColumn{std::move(values_)}; }

 protected:
  std::vector<double> values_;
};

class RandomColumn : public NumberColumn {
 public:
  explicit RandomColumn(int64_t seed) : seed_(static_cast<uint64_t>(seed)) {}
  Status add(const ImageResult& image) override {
    // By the name (FNV-1a), so that an image keeps its luck whatever else is there.
    uint64_t hash = 0xCBF29CE484222325;
    for (const char c : image.info.filename) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
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
  }
  Status add(const ImageResult& image) override {
    PRETAG_ASSIGN(const auto detections, task_->of(image));
    values_.push_back(score_image(score_, detections, options_));
    return {};
  }
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
      : task_(std::move(task)), categories_(std::move(categories)) {}
  Status add(const ImageResult& image) override {
    PRETAG_ASSIGN(const auto detections, task_->of(image));
    const auto wanted = [this](const Detection& detection) {
      return categories_.empty() || std::ranges::find(categories_, detection.label) != categories_.end();
    };
    values_.push_back(static_cast<double>(std::ranges::count_if(detections, wanted)));
    return {};
  }
  void move_into(Objective& objective) override {
    objective.scale = true;
    NumberColumn::move_into(objective);
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

  Status add(const ImageResult& image) override {
    PRETAG_ASSIGN(const auto detections, task_->of(image));
    const size_t begin = columns_.values.size();
    columns_.values.resize(begin + columns_.classes.size());
    const std::span row = std::span(columns_.values).subspan(begin);
    for (const Detection& detection : detections) {
      const bool has_probabilities = model_classes_ > 0 && detection.probabilities.size() == model_classes_;
      as_counts_ || !has_probabilities ? add_count(detection, row) : add_probabilities(detection, row);
    }
    return {};
  }
  Status add_foreign(const std::string&, std::span<const float>) override {
    columns_.values.resize(columns_.values.size() + columns_.classes.size());
    return {};
  }
  void move_into(Objective& objective) override { objective.input = std::move(columns_); }

 private:
  void add_count(const Detection& detection, std::span<float> row) const {
    const auto found = index_of_.find(detection.label);
    if (found != index_of_.end()) row[found->second] += 1;
  }

  // An object counts as one, however much of its probability is the background's.
  void add_probabilities(const Detection& detection, std::span<float> row) const {
    float objectness = 0;
    for (size_t c = 1; c < detection.probabilities.size(); ++c) objectness += detection.probabilities[c];
    if (!(objectness > 0)) return add_count(detection, row);
    for (size_t c = 0; c < row.size(); ++c) {
      if (probability_of_[c] < model_classes_) row[c] += detection.probabilities[probability_of_[c]] / objectness;
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
  Status add(const ImageResult& image) override { return add_foreign(image.info.filename, image.embedding); }
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

// The embeddings of an image's objects that count: as many vectors as it has objects.
class ObjectEmbeddingColumn : public SelectionColumn {
 public:
  explicit ObjectEmbeddingColumn(float score_threshold) : threshold_(score_threshold) {}

  Status add(const ImageResult& image) override {
    const auto counts = [this](const Detection& detection) { return detection.score >= threshold_; };
    samples_.push_back({image.info.filename, static_cast<size_t>(std::ranges::count_if(image.detections, counts))});
    return {};
  }
  Status add_foreign(const std::string& filename, std::span<const float>) override {
    samples_.push_back({filename, 0});
    return {};
  }
  // Both are in the order of the names, so the samples are met one after the other.
  Status complete(const Ledger& ledger) override {
    column_->first = {0};
    size_t next = 0;
    const auto end_sample = [&] { column_->first.push_back(static_cast<uint32_t>(column_->rows())), ++next; };
    PRETAG_TRY(ledger.for_each_object_embeddings([&](const ObjectEmbeddings& image) -> Status {
      while (next < samples_.size() && samples_[next].filename < image.filename) end_sample();
      if (next == samples_.size() || samples_[next].filename != image.filename) return {};
      if (column_->columns == 0) column_->columns = image.columns;
      const size_t rows = image.columns == column_->columns ? std::min(samples_[next].objects, image.objects()) : 0;
      const auto end = image.values.begin() + static_cast<ptrdiff_t>(rows * image.columns);
      column_->values.insert(column_->values.end(), image.values.begin(), end);
      end_sample();
      return {};
    }));
    while (next < samples_.size()) end_sample();
    return {};
  }
  void move_into(Objective& objective) override {
    objective.input = std::shared_ptr<const VectorColumn>(std::move(column_));
  }

 private:
  struct Sample {
    std::string filename;
    size_t objects = 0;
  };
  float threshold_;
  std::vector<Sample> samples_;
  std::shared_ptr<VectorColumn> column_ = std::make_shared<VectorColumn>();
};

// What is measured of every image.
using Measure = double (*)(const ImageInfo&);
const std::map<std::string, Measure, std::less<>>& measures() {
  static const std::map<std::string, Measure, std::less<>> all = {
      {"lightly.luminance", [](const ImageInfo& info) -> double { return info.quality.luminance; }},
      {"lightly.sharpness", [](const ImageInfo& info) -> double { return info.quality.sharpness; }},
      {"lightly.sizeInBytes", [](const ImageInfo& info) { return static_cast<double>(info.bytes); }},
      {"lightly.snr", [](const ImageInfo& info) -> double { return info.quality.snr; }},
      {"lightly.uniformRowRatio", [](const ImageInfo& info) -> double { return info.quality.uniform_row_ratio; }},
  };
  return all;
}

class MeasureColumn : public NumberColumn {
 public:
  explicit MeasureColumn(Measure measure) : measure_(measure) {}
  Status add(const ImageResult& image) override {
    values_.push_back(measure_(image.info));
    return {};
  }
  void move_into(Objective& objective) override {
    objective.scale = true;
    NumberColumn::move_into(objective);
  }

 private:
  Measure measure_;
};

// A field of the images' metadata files; a number, or one category of many.
class MetadataColumn : public SelectionColumn {
 public:
  MetadataColumn(MetadataField field, const SelectionSources& sources)
      : field_(std::move(field)), files_(sources.files), folder_(sources.lightly_folder + "/metadata/") {}

  Status add(const ImageResult& image) override {
    const std::string path = folder_ + metadata_file_of(image.info.filename);
    std::string text;
    const bool there = files_.exists(path);
    if (there) {
      constexpr size_t kMostBytes = size_t{16} << 20;
      PRETAG_ASSIGN(const auto bytes, files_.read(path, kMostBytes));
      text.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    auto value = read_metadata_value(field_, there ? std::optional<std::string_view>(text) : std::nullopt);
    if (!value) return value.error().in(path);
    numbers_.push_back(value->number);
    categories_.push_back(value->text);
    return {};
  }
  Status add_foreign(const std::string&, std::span<const float>) override {
    numbers_.push_back(field_.default_number);
    categories_.push_back(field_.default_text);
    return {};
  }
  void move_into(Objective& objective) override {
    objective.scale = true;
    if (field_.numeric) {
      objective.input = NumericColumn{std::move(numbers_)};
      return;
    }
    std::map<std::string, size_t> index_of;
    for (const std::string& category : categories_) index_of.try_emplace(category, 0);
    ClassColumns columns;
    for (auto& [category, index] : index_of) {
      index = columns.classes.size();
      columns.classes.push_back(category);
    }
    columns.values.resize(categories_.size() * columns.classes.size());
    for (size_t i = 0; i < categories_.size(); ++i) {
      columns.values[i * columns.classes.size() + index_of[categories_[i]]] = 1;
    }
    objective.input = std::move(columns);
  }

 private:
  MetadataField field_;
  const FileSystem& files_;
  std::string folder_;
  std::vector<double> numbers_;
  std::vector<std::string> categories_;
};

using Column = Result<std::unique_ptr<SelectionColumn>>;

template <class Kind, class... Arguments>
Column make(Arguments&&... arguments) {
  return std::unique_ptr<SelectionColumn>(std::make_unique<Kind>(std::forward<Arguments>(arguments)...));
}

Column metadata_column(const SelectionEntry& entry, const SelectionSources& sources) {
  const std::string& key = entry.input.key;
  const bool balance = entry.strategy.type == StrategyType::kBalance;
  const auto measure = measures().find(key);
  if (measure != measures().end()) {
    if (balance) return invalid(fmt::format("BALANCE needs categories, and {} is a number", key));
    return make<MeasureColumn>(measure->second);
  }
  std::vector<std::string> known;
  for (const auto& [name, value] : measures()) known.push_back(name);

  const std::string schema_path = sources.lightly_folder + "/metadata/schema.json";
  if (sources.files.exists(schema_path)) {
    constexpr size_t kMostBytes = size_t{16} << 20;
    PRETAG_ASSIGN(const auto bytes, sources.files.read(schema_path, kMostBytes));
    auto fields = read_metadata_schema({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    if (!fields) return fields.error().in(schema_path);
    for (MetadataField& field : *fields) {
      if (field.path != key) {
        known.push_back(field.path);
        continue;
      }
      if (balance == field.numeric) {
        return invalid(fmt::format("{} needs {}, and {} is {}", balance ? "BALANCE" : "This strategy",
                                   balance ? "categories" : "a number", key,
                                   field.numeric ? "a number" : "a category"));
      }
      return make<MetadataColumn>(std::move(field), sources);
    }
  }
  return invalid(fmt::format("there is no metadata '{}' ({} says what there is): {}", one_line(key), schema_path,
                             known_names(key, known)));
}

}  // namespace

Column make_column(const SelectionEntry& entry, const RunConfig& config, const SelectionSources& sources) {
  const SelectionInput& input = entry.input;
  switch (input.type) {
    case InputType::kRandom:
      return make<RandomColumn>(input.random_seed.value_or(config.seed));
    case InputType::kMetadata:
      return metadata_column(entry, sources);
    case InputType::kEmbeddings:
      if (input.task == kPretaggingTask) return make<ObjectEmbeddingColumn>(sources.score_threshold);
      if (!input.task.empty()) {
        return Error{ErrorCode::kUnsupported, fmt::format("the objects of the task '{}' have no embeddings, only those "
                                                          "of {} do",
                                                          one_line(input.task), kPretaggingTask)};
      }
      return make<EmbeddingColumn>();
    case InputType::kScores: {
      PRETAG_ASSIGN(auto task, TaskDetections::open(input.task, sources));
      const auto score = detection_score_named(input.score);
      if (!score) {
        return invalid(fmt::format("there is no score '{}': {}", one_line(input.score),
                                   known_names(input.score, detection_score_names())));
      }
      return make<ScoreColumn>(std::move(task), *score, config);
    }
    case InputType::kPredictions:
      break;
  }
  PRETAG_ASSIGN(auto task, TaskDetections::open(input.task, sources));
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
