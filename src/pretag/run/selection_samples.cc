#include "pretag/run/selection_samples.h"

#include <algorithm>
#include <functional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "pretag/data/object_crop.h"
#include "pretag/formats/embeddings_table.h"
#include "pretag/run/duplicates.h"
#include "pretag/run/images_with_files.h"
#include "pretag/run/own_embeddings.h"
#include "pretag/run/selection_pass.h"
#include "pretag/run/task_detections.h"

namespace pretag {
namespace {

// Where each row of the pool is that has not been met among the inputs.
using PoolRows = std::unordered_map<std::string, size_t>;

PoolRows rows_of(const EmbeddingsTable& pool) {
  PoolRows rows;
  for (size_t row = 0; row < pool.filenames.size(); ++row) rows.emplace(pool.filenames[row], row);
  return rows;
}

Status add_rest_of_pool(SelectionSamples& samples, const EmbeddingsTable& pool, const PoolRows& rows, bool of_objects) {
  for (size_t row = 0; row < pool.filenames.size(); ++row) {
    const std::string& filename = pool.filenames[row];
    if (!rows.contains(filename)) continue;
    if (!of_objects) samples.filenames.push_back(filename);
    samples.preselected.push_back(1);
    const std::span embedding = std::span(pool.values).subspan(row * pool.columns, pool.columns);
    for (const auto& column : samples.columns) PRETAG_TRY(column->add_foreign(filename, embedding));
  }
  return {};
}

using Wanted = std::function<bool(const ImageResult&)>;

// What is in the pool was selected: a new copy of it must not be selected once more because its name comes first. And
// of several copies one that can be selected is kept; `can_be_selected` is empty where all can.
Result<DuplicateFinder> preferred_copies(const Ledger& ledger, const SelectionPass& pass, const PoolRows& pool,
                                         const Wanted& can_be_selected) {
  DuplicateFinder finder;
  if (!removes_duplicates(pass.config)) return finder;
  const auto prefer_if = [&](const Wanted& wanted) {
    return ledger.for_each_result([&](const ImageResult& image) -> Status {
      if (wanted(image)) finder.prefer(image.info);
      return {};
    });
  };
  if (!pool.empty()) {
    const std::string& task = pass.config.object_level_task;
    std::unordered_set<std::string_view> known;  // images, or what the names of their crops begin with
    for (const auto& [name, row] : pool) known.insert(task.empty() ? name : prefix_of_crop_name(name));
    PRETAG_TRY(prefer_if([&](const ImageResult& image) {
      const std::string& name = image.info.filename;
      return known.contains(task.empty() ? name : crop_name_prefix(name, task));
    }));
  }
  if (can_be_selected) PRETAG_TRY(prefer_if(can_be_selected));
  return finder;
}

// The embedding that the pool knows of an image; empty if it does not know the image.
Embedding embedding_in_pool(const EmbeddingsTable& pool, const PoolRows& rows, const std::string& filename) {
  const auto row = rows.find(filename);
  if (row == rows.end()) return {};
  const auto first = pool.values.begin() + static_cast<ptrdiff_t>(row->second * pool.columns);
  return {first, first + static_cast<ptrdiff_t>(pool.columns)};
}

class SampleReader {
 public:
  SampleReader(const Ledger& ledger, const SelectionPass& pass, ReadAhead& files)
      : ledger_(ledger), pass_(pass), files_(files), pool_(rows_of(pass.pool)) {}

  Result<SelectionSamples> read() {
    PRETAG_TRY(make_columns());
    Wanted can_be_selected;
    if (has_own_embeddings_) can_be_selected = [this](const ImageResult& image) { return !is_left_out(image); };
    PRETAG_ASSIGN(finder_, preferred_copies(ledger_, pass_, pool_, can_be_selected));
    const auto add = [this](const ImageResult& image) { return add_image(image); };
    const auto for_each = [this](const VisitImage& visit) {
      return need_objects_ ? ledger_.for_each_result_with_objects(visit) : ledger_.for_each_result(visit);
    };
    const auto files_of = [this](const std::string& filename) { return files_of_image(filename); };
    PRETAG_TRY(for_each_with_files(for_each, files_of, pass_.sources.lightly_folder, files_, add));
    samples_.inputs_without_duplicates = samples_.count();
    PRETAG_TRY(add_rest_of_pool(samples_, pass_.pool, pool_, object_task_ != nullptr));
    return std::move(samples_);
  }

 private:
  Status make_columns() {
    const SelectionSources sources = pass_.sources.with_files(files_);
    for (const SelectionEntry& entry : pass_.selection.entries) {
      PRETAG_ASSIGN(samples_.columns.emplace_back(), make_column(entry, pass_.config, sources));
    }
    // What a data pool has is known by its embedding.
    const bool has_pool = !pass_.config.datapool_name.empty() || !pass_.pool.filenames.empty();
    const auto of_embeddings = [](const auto& column) { return column->is_of_embeddings(); };
    need_embeddings_ = has_pool || std::ranges::any_of(samples_.columns, of_embeddings);
    const auto of_objects = [](const auto& column) { return column->is_of_objects(); };
    need_objects_ = std::ranges::any_of(samples_.columns, of_objects) ||
                    (need_embeddings_ && !pass_.config.object_level_task.empty());
    PRETAG_ASSIGN(has_own_embeddings_, has_own_embeddings(ledger_));
    if (pass_.config.object_level_task.empty()) return {};
    PRETAG_ASSIGN(object_task_, TaskDetections::open(pass_.config.object_level_task, sources));
    for (const std::string& name : object_task_->classes()) samples_.object_classes.push_back({.name = name});
    return {};
  }

  std::vector<std::string> files_of_image(const std::string& filename) const {
    std::vector<std::string> paths;
    if (object_task_) paths = object_task_->files_of(filename);
    for (const auto& column : samples_.columns) {
      for (std::string& path : column->files_of(filename)) paths.push_back(std::move(path));
    }
    return paths;
  }

  Status add_image(const ImageResult& image) {
    if (pass_.cancel != nullptr && *pass_.cancel) return Error{ErrorCode::kCancelled, "selection was cancelled"};
    ++samples_.inputs;
    const std::string& filename = image.info.filename;
    if (removes_duplicates(pass_.config)) {
      if (const auto kept = finder_.twin(image.info)) {
        samples_.duplicates.push_back({.filename = filename, .kept = *kept});
        return {};
      }
    }
    if (object_task_) return add_objects(image);
    if (!is_left_out(image)) return add_sample({filename, image});
    ImageResult known = image;
    known.embedding = embedding_in_pool(pass_.pool, pool_, filename);
    if (!known.embedding.empty()) return add_sample({filename, known});
    (image.is_masked ? samples_.masked : samples_.without_embedding).push_back(filename);
    return {};
  }

  // Whether the user's own embeddings keep the image from being a sample: they mask it, or lack the one that is needed.
  bool is_left_out(const ImageResult& image) const {
    return image.is_masked || (has_own_embeddings_ && need_embeddings_ && image.embedding.empty());
  }

  Status add_objects(const ImageResult& image) {
    PRETAG_ASSIGN(const auto objects, object_task_->of(image));
    ImageResult alone{.info = image.info, .detections = {}, .embedding = {}};
    bool any = false;
    for (size_t i = 0; i < objects.size(); ++i) {
      if (objects[i].box_in_image == Box{}) {
        ++samples_.objects_without_box;
        continue;
      }
      count_input(objects[i].label);
      alone.detections = {objects[i]};
      alone.embedding = objects[i].embedding;
      if (need_embeddings_ && alone.embedding.empty()) {
        ++samples_.objects_without_embedding;
        continue;
      }
      if (!any) samples_.object_images.push_back(image.info.filename);
      any = true;
      samples_.objects.push_back({static_cast<uint32_t>(samples_.object_images.size() - 1), static_cast<uint32_t>(i)});
      const std::string name = crop_name(image.info.filename, pass_.config.object_level_task, static_cast<int64_t>(i));
      PRETAG_TRY(add_sample({name, alone}));
    }
    return {};
  }

  void count_input(const std::string& label) {
    const auto entry = std::ranges::find(samples_.object_classes, label, &ObjectSelection::Class::name);
    if (entry != samples_.object_classes.end()) ++entry->inputs;
  }

  Status add_sample(const SelectionSample& sample) {
    if (!object_task_) samples_.filenames.push_back(sample.name);
    samples_.preselected.push_back(pool_.erase(sample.name) > 0 ? 1 : 0);
    for (const auto& column : samples_.columns) PRETAG_TRY(column->add(sample));
    return {};
  }

  const Ledger& ledger_;
  const SelectionPass& pass_;
  ReadAhead& files_;
  PoolRows pool_;
  DuplicateFinder finder_;
  std::shared_ptr<const TaskDetections> object_task_;  // null: the samples are images
  bool need_embeddings_ = false, need_objects_ = false, has_own_embeddings_ = false;
  SelectionSamples samples_;
};

}  // namespace

Result<SelectionSamples> read_samples(const Ledger& ledger, const SelectionPass& pass, ReadAhead& files) {
  return SampleReader(ledger, pass, files).read();
}

}  // namespace pretag
