#include "pretag/run/datapool_pass.h"

#include <fmt/format.h>

#include "pretag/formats/dataset.h"
#include "pretag/formats/selection_file.h"
#include "pretag/io/file_system.h"
#include "pretag/run/datapool.h"
#include "pretag/run/run_folder.h"
#include "pretag/run/selection_pass.h"

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

}  // namespace

Status check_pool(const RunRequest& request) {
  if (request.config.datapool_name.empty()) return {};
  PRETAG_TRY(Datapool::open(local_file_system(), request.shared_folder, request.config.datapool_name));
  return {};
}

Result<EmbeddingsTable> pool_before(const RunRequest& request, const RunOutputs& outputs, size_t columns) {
  if (!request.datapool_file.empty()) return read_pool_file(outputs.files, request.datapool_file, columns);
  if (request.config.datapool_name.empty()) return EmbeddingsTable{};
  PRETAG_ASSIGN(auto datapool, Datapool::open(outputs.files, request.shared_folder, request.config.datapool_name));
  PRETAG_ASSIGN(EmbeddingsTable pool, datapool.before(outputs));
  PRETAG_TRY(check_embedding_size(pool.columns, columns, datapool.path()));
  return pool;
}

Status update_datapool(const RunRequest& request, FileSystem& files, ProgressSink& progress) {
  const RunConfig& config = request.config;
  const bool wanted = config.enable_datapool_update && config.datasource_enable_datapool_update;
  if (!request.selection || config.datapool_name.empty() || !wanted) return {};
  const RunOutputs outputs{files, request.run_folder};
  PRETAG_ASSIGN(auto datapool, Datapool::open(files, request.shared_folder, config.datapool_name));
  PRETAG_ASSIGN(const auto ledger, open_run_to_read(request.run_folder));
  PRETAG_ASSIGN(const auto selection, read_selection_outputs(outputs));
  if (!selection) return Error{ErrorCode::kNotFound, outputs.path(kSelectionFile) + ": is gone"};
  PRETAG_ASSIGN(const auto left_out, datapool.add(*ledger, *selection, config.datapool_keep_history));
  for (const std::string& name : left_out) {
    progress.warning(fmt::format("{} is not in the data pool: its format cannot hold the name", name));
  }
  return {};
}

}  // namespace pretag
