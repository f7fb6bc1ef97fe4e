#include "pretag/run/select_again.h"

#include <fmt/format.h>

#include <memory>

#include "pretag/io/file_system.h"
#include "pretag/run/object_crops.h"
#include "pretag/run/own_embeddings.h"
#include "pretag/run/run_folder.h"
#include "pretag/run/run_inputs.h"
#include "pretag/run/sampled_images.h"
#include "pretag/run/selection_pass.h"
#include "pretag/run/selection_settings.h"
#include "pretag/run/stored_report.h"
#include "pretag/util/machine.h"

namespace pretag {
namespace {

// Those of the settings, also if that is none: then the network's count again.
Status take_embeddings(const std::string& path, const SelectionConfig& selection, const RunOutputs& outputs,
                       Ledger& ledger, ProgressSink& progress) {
  PRETAG_ASSIGN(const bool has_own, has_own_embeddings(ledger));
  if (path.empty() && !has_own) return {};
  if (path.empty() && needs_detector(selection, false)) {
    PRETAG_ASSIGN(const bool to_go_back_to, any_embedding_of_a_network(ledger));
    if (!to_go_back_to) {
      return Error{ErrorCode::kInvalidArgument,
                   "no network has seen these images, so there are no embeddings but your own: give them, as "
                   "embeddings=FILE.csv, again"};
    }
  }
  PRETAG_TRY(take_own_embeddings({outputs.files, path}, ledger, progress));
  return write_embeddings(outputs, ledger, progress);
}

}  // namespace

Result<Selection> select_again(const RunOutputs& outputs, const SelectionConfig& selection_config, RunConfig config,
                               ProgressSink& progress, const std::atomic<bool>& cancel) {
  PRETAG_ASSIGN(const auto ledger, open_run_to_write(outputs.folder));
  PRETAG_ASSIGN(const LedgerCounts counts, ledger->counts());
  PRETAG_ASSIGN(const auto finished, stored_report_pass(*ledger));
  if (!finished || counts.pending > 0) {
    const std::string to_come = counts.pending > 0 ? fmt::format(", {} images are to come", counts.pending) : "";
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: the run is not finished{}; resume it with the command that started it",
                             outputs.folder, to_come)};
  }
  // Images that the run has read are small enough to be copied.
  config.max_image_pixels = finished->max_image_pixels;
  config.max_image_bytes = finished->max_image_bytes;
  const auto input = reopen_input(*ledger, outputs.files, config.max_image_bytes, config.max_image_pixels);
  if (config.dump_dataset && !input) return input.error();  // before anything of the earlier selection is gone
  PRETAG_ASSIGN(SelectionSources sources, selection_sources(*ledger, outputs.files));
  PRETAG_ASSIGN(const std::string own, find_own_embeddings(config.embeddings, sources.lightly_folder, outputs.files));
  PRETAG_ASSIGN(sources.embedding_columns, length_of_embeddings(own, outputs.files));
  PRETAG_TRY(check_selection(selection_config, config, sources));
  PRETAG_TRY(take_embeddings(own, selection_config, outputs, *ledger, progress));
  const int threads = config.num_threads > 0 ? static_cast<int>(config.num_threads) : available_cores();
  const EmbeddingsTable no_pool;
  const SelectionPass pass{selection_config, config, sources, no_pool, threads, &cancel};
  PRETAG_ASSIGN(Selection selection, select_from_ledger(*ledger, pass));
  PRETAG_TRY(write_selection_outputs(outputs, *ledger, selection));
  PRETAG_TRY(write_sequences(outputs, selection, config.selected_sequence_length, input ? input->get() : nullptr));
  PRETAG_TRY(removes_duplicates(config) ? write_duplicates(outputs, selection.duplicates)
                                        : remove_duplicate_list(outputs));
  PRETAG_TRY(remove_sampled_images(outputs));
  PRETAG_TRY(remove_crops(outputs));
  PRETAG_TRY(store_selection_settings(outputs, *ledger, config));
  if (config.dump_dataset) PRETAG_TRY(copy_selected(outputs, **input, selection, config, progress, cancel));
  return selection;
}

}  // namespace pretag
