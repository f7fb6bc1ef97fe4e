#include "pretag/run/selection_samples.h"

#include <algorithm>
#include <functional>
#include <set>
#include <span>
#include <unordered_map>

#include "pretag/formats/embeddings_table.h"
#include "pretag/run/duplicates.h"
#include "pretag/run/own_embeddings.h"
#include "pretag/run/selection_pass.h"

namespace pretag {
namespace {

// Where each row of the pool is that has not been met among the inputs.
using PoolRows = std::unordered_map<std::string, size_t>;

PoolRows rows_of(const EmbeddingsTable& pool) {
  PoolRows rows;
  for (size_t row = 0; row < pool.filenames.size(); ++row) rows.emplace(pool.filenames[row], row);
  return rows;
}

Status add_rest_of_pool(SelectionSamples& samples, const EmbeddingsTable& pool, const PoolRows& rows) {
  for (size_t row = 0; row < pool.filenames.size(); ++row) {
    const std::string& filename = pool.filenames[row];
    if (!rows.contains(filename)) continue;
    samples.filenames.push_back(filename);
    samples.preselected.push_back(1);
    const std::span embedding = std::span(pool.values).subspan(row * pool.columns, pool.columns);
    for (const auto& column : samples.columns) PRETAG_TRY(column->add_foreign(filename, embedding));
  }
  return {};
}

// What is in the pool was selected: a new copy of it must not be selected once more because its name comes first. And
// of several copies one that has an embedding is kept, where some may lack theirs.
Result<DuplicateFinder> preferred_copies(const Ledger& ledger, const SelectionPass& pass, const PoolRows& pool,
                                         bool some_may_lack) {
  DuplicateFinder finder;
  if (!removes_duplicates(pass.config)) return finder;
  const auto prefer_if = [&](const std::function<bool(const ImageResult&)>& wanted) {
    return ledger.for_each_result([&](const ImageResult& image) -> Status {
      if (wanted(image)) finder.prefer(image.info);
      return {};
    });
  };
  if (!pool.empty()) PRETAG_TRY(prefer_if([&](const auto& image) { return pool.contains(image.info.filename); }));
  if (some_may_lack) PRETAG_TRY(prefer_if([&](const auto& image) { return !image.embedding.empty(); }));
  return finder;
}

// The embedding that the pool knows of an image; empty if it does not know the image.
Embedding embedding_in_pool(const EmbeddingsTable& pool, const PoolRows& rows, const std::string& filename) {
  const auto row = rows.find(filename);
  if (row == rows.end()) return {};
  const auto first = pool.values.begin() + static_cast<ptrdiff_t>(row->second * pool.columns);
  return {first, first + static_cast<ptrdiff_t>(pool.columns)};
}

// Visits the images of the ledger. What the columns read of each in a bucket is fetched before, for many at a time.
Status for_each_with_files(const Ledger& ledger, const std::vector<std::unique_ptr<SelectionColumn>>& columns,
                           ReadAhead& files, const std::function<Status(const ImageResult&)>& visit) {
  constexpr size_t kBatch = 512;
  std::vector<ImageResult> batch;
  const auto visit_batch = [&]() -> Status {
    std::set<std::string> paths;
    for (const ImageResult& image : batch) {
      for (const auto& column : columns) {
        for (std::string& path : column->files_of(image.info.filename)) paths.insert(std::move(path));
      }
    }
    files.fetch({paths.begin(), paths.end()});
    for (const ImageResult& image : batch) PRETAG_TRY(visit(image));
    batch.clear();
    return {};
  };
  PRETAG_TRY(ledger.for_each_result([&](const ImageResult& image) -> Status {
    batch.push_back(image);
    return batch.size() < kBatch ? Status() : visit_batch();
  }));
  return visit_batch();
}

}  // namespace

Result<SelectionSamples> read_samples(const Ledger& ledger, const SelectionPass& pass, ReadAhead& files) {
  const SelectionSources sources{.files = files,
                                 .lightly_folder = pass.sources.lightly_folder,
                                 .classes = pass.sources.classes,
                                 .model_classes = pass.sources.model_classes,
                                 .score_threshold = pass.sources.score_threshold};
  SelectionSamples samples;
  for (const SelectionEntry& entry : pass.selection.entries) {
    PRETAG_ASSIGN(samples.columns.emplace_back(), make_column(entry, pass.config, sources));
  }
  // What a data pool has is known by its embedding.
  const bool has_pool = !pass.config.datapool_name.empty() || !pass.pool.filenames.empty();
  const bool need_embeddings =
      has_pool || std::ranges::any_of(samples.columns, [](const auto& column) { return column->is_of_embeddings(); });
  PRETAG_ASSIGN(const bool own_embeddings, has_own_embeddings(ledger));
  const bool some_may_lack = own_embeddings && need_embeddings;
  PoolRows pool = rows_of(pass.pool);
  PRETAG_ASSIGN(DuplicateFinder finder, preferred_copies(ledger, pass, pool, some_may_lack));
  const auto add_sample = [&](const ImageResult& image) -> Status {
    samples.filenames.push_back(image.info.filename);
    samples.preselected.push_back(pool.erase(image.info.filename) > 0 ? 1 : 0);
    for (const auto& column : samples.columns) PRETAG_TRY(column->add(image));
    return {};
  };
  const auto add = [&](const ImageResult& image) -> Status {
    if (pass.cancel != nullptr && *pass.cancel) return Error{ErrorCode::kCancelled, "selection was cancelled"};
    ++samples.inputs;
    if (removes_duplicates(pass.config)) {
      if (const auto kept = finder.twin(image.info)) {
        samples.duplicates.push_back({.filename = image.info.filename, .kept = *kept});
        return {};
      }
    }
    if (some_may_lack && image.embedding.empty()) {
      ImageResult known = image;
      known.embedding = embedding_in_pool(pass.pool, pool, image.info.filename);
      if (!known.embedding.empty()) return add_sample(known);
      samples.without_embedding.push_back(image.info.filename);
      return {};
    }
    return add_sample(image);
  };
  const bool is_remote = files.is_remote(sources.lightly_folder);
  PRETAG_TRY(is_remote ? for_each_with_files(ledger, samples.columns, files, add) : ledger.for_each_result(add));
  samples.inputs_without_duplicates = samples.filenames.size();
  PRETAG_TRY(add_rest_of_pool(samples, pass.pool, pool));
  for (const auto& column : samples.columns) PRETAG_TRY(column->complete(ledger));
  return samples;
}

}  // namespace pretag
