#include "pretag/run/datapool_pass.h"

#include <fmt/format.h>

#include <cmath>
#include <set>
#include <span>
#include <string_view>
#include <unordered_set>

#include "pretag/data/object_crop.h"
#include "pretag/formats/dataset.h"
#include "pretag/formats/embeddings_table.h"
#include "pretag/formats/selection_file.h"
#include "pretag/io/file_system.h"
#include "pretag/run/datapool.h"
#include "pretag/run/own_embeddings.h"
#include "pretag/run/run_folder.h"
#include "pretag/run/selection_pass.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

Result<EmbeddingsTable> read_pool_file(const FileSystem& files, const std::string& path, size_t columns) {
  PRETAG_ASSIGN(const std::string text, read_text_file(files, path, kMaxDocumentBytes));
  if (text.empty()) return EmbeddingsTable{};
  auto pool = read_embeddings_csv(text);
  if (!pool) return pool.error().in(path);
  PRETAG_TRY(check_embedding_size(pool->columns, columns, path));
  return pool;
}

// As the embeddings of images are taken: of unit length, and none of what is masked. The network's keep their bits.
EmbeddingsTable as_compared(EmbeddingsTable pool) {
  constexpr double kRounding = 1e-3;
  EmbeddingsTable some{.columns = pool.columns, .filenames = {}, .values = {}, .masked = {}, .selected = {}};
  for (size_t row = 0; row < pool.filenames.size(); ++row) {
    if (pool.masked[row] != 0) continue;
    const std::span vector = std::span(pool.values).subspan(row * pool.columns, pool.columns);
    double square = 0;
    for (const float value : vector) square += static_cast<double>(value) * value;
    if (std::abs(square - 1) > kRounding) scale_to_unit_length(vector);
    some.filenames.push_back(std::move(pool.filenames[row]));
    some.values.insert(some.values.end(), vector.begin(), vector.end());
    some.masked.push_back(0);
    some.selected.push_back(pool.selected[row]);
  }
  return some;
}

Status add_images(const Ledger& ledger, const Selection& selection, const Datapool::Add& add) {
  std::unordered_set<std::string_view> selected;
  for (const SelectedSample& sample : selection.selected) selected.insert(sample.filename);
  return ledger.for_each_result([&](const ImageResult& image) -> Status {
    return selected.contains(image.info.filename) ? add(image.info.filename, image.embedding) : Status();
  });
}

// Their embeddings are in a file of the run, but for names that such a file cannot hold.
Status add_objects(const RunOutputs& outputs, const ObjectSelection& objects, ProgressSink& progress,
                   const Datapool::Add& add) {
  std::set<std::string> left_out;
  for (const SelectedObject& object : objects.selected) {
    left_out.insert(crop_name(object.filename, objects.task, object.index));
  }
  const std::string path = outputs.path(kSelectedCropEmbeddings);
  if (outputs.files.exists(path)) {
    PRETAG_ASSIGN(const auto file, outputs.files.open(path));
    const Status read = for_each_embedding(*file, [&](const EmbeddingsRow& row) -> Status {
      left_out.erase(row.filename);
      return add(row.filename, Embedding(row.values.begin(), row.values.end()));
    });
    if (!read) return read.error().in(path);
  }
  if (!left_out.empty()) {
    progress.warning(fmt::format("{} not in the data pool, {} the first: its format cannot hold the name",
                                 counted(static_cast<int64_t>(left_out.size()), "object is", "objects are"),
                                 one_line(*left_out.begin())));
  }
  return {};
}

}  // namespace

Status check_pool(const RunRequest& request) {
  if (request.config.datapool_name.empty()) return {};
  PRETAG_TRY(Datapool::open(local_file_system(), request.shared_folder, request.config.datapool_name,
                            request.config.object_level_task));
  return {};
}

Result<EmbeddingsTable> pool_before(const RunRequest& request, const RunOutputs& outputs, size_t columns) {
  if (!request.datapool_file.empty()) {
    PRETAG_ASSIGN(EmbeddingsTable pool, read_pool_file(outputs.files, request.datapool_file, columns));
    return as_compared(std::move(pool));
  }
  if (request.config.datapool_name.empty()) return EmbeddingsTable{};
  PRETAG_ASSIGN(auto datapool, Datapool::open(outputs.files, request.shared_folder, request.config.datapool_name,
                                              request.config.object_level_task));
  PRETAG_ASSIGN(EmbeddingsTable pool, datapool.before(outputs));
  PRETAG_TRY(check_embedding_size(pool.columns, columns, datapool.path()));
  return as_compared(std::move(pool));
}

Status update_datapool(const RunRequest& request, FileSystem& files, ProgressSink& progress) {
  const RunConfig& config = request.config;
  const bool wanted = config.enable_datapool_update && config.datasource_enable_datapool_update;
  if (!request.selection || config.datapool_name.empty() || !wanted) return {};
  const RunOutputs outputs{files, request.run_folder};
  PRETAG_ASSIGN(auto datapool,
                Datapool::open(files, request.shared_folder, config.datapool_name, config.object_level_task));
  PRETAG_ASSIGN(const auto ledger, open_run_to_read(request.run_folder));
  PRETAG_ASSIGN(const auto selection, read_selection_outputs(outputs));
  if (!selection) return Error{ErrorCode::kNotFound, outputs.path(kSelectionFile) + ": is gone"};
  const auto add_selected = [&](const Datapool::Add& add) {
    return selection->objects ? add_objects(outputs, *selection->objects, progress, add)
                              : add_images(*ledger, *selection, add);
  };
  PRETAG_ASSIGN(const auto left_out, datapool.add(outputs, add_selected, config.datapool_keep_history));
  for (const std::string& name : left_out) {
    progress.warning(fmt::format("{} is not in the data pool: its format cannot hold the name", name));
  }
  return {};
}

}  // namespace pretag
