// Chooses what to label from what the ledger knows.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "pretag/data/run_config.h"
#include "pretag/data/selection.h"
#include "pretag/formats/embeddings_table.h"
#include "pretag/run/outputs.h"
#include "pretag/run/progress.h"
#include "pretag/run/selection_table.h"
#include "pretag/source/source.h"
#include "pretag/store/ledger.h"
#include "pretag/util/result.h"

namespace pretag {

// What the detector reported in this ledger's run, and where its input's metadata and predictions are.
Result<SelectionSources> selection_sources(const Ledger& ledger, const FileSystem& files);

// The user's tasks whose objects have embeddings in this ledger: kEmbeddedTasksFact.
Result<std::vector<std::string>> embedded_tasks(const Ledger& ledger);

// Finds names that do not exist (classes, tasks, scores, metadata) before hours of work instead of after.
Status check_selection(const SelectionConfig& selection, const RunConfig& config, const SelectionSources& sources);

// Embeddings from elsewhere can only be compared with an image's, which have `expected` numbers, if they have as many;
// 0: there are none. `what` they are begins the error.
Status check_embedding_size(size_t columns, size_t expected, const std::string& what);

struct SelectionPass {
  const SelectionConfig& selection;
  const RunConfig& config;  // duplicates, seed, scores, sequences
  const SelectionSources& sources;
  const EmbeddingsTable& pool;  // selected before; may be empty
  int threads = 1;
  const std::atomic<bool>* cancel = nullptr;
};

// The same for any number of threads. kInvalidArgument, kCancelled, or an error of the ledger.
Result<Selection> select_from_ledger(const Ledger& ledger, const SelectionPass& pass);

// Of the selected objects, where objects are selected.
inline constexpr char kSelectedCropEmbeddings[] = "data/selected_crop_embeddings.csv";

// data/selection.json, data/selected_embeddings.csv, filenames/sampled_filenames.txt and removed_filenames.txt; where
// objects are selected also filenames/sampled_crops.txt and the embeddings of the crops, if they have some.
Status write_selection_outputs(const RunOutputs& outputs, const Ledger& ledger, const Selection& selection);
// What write_selection_outputs() wrote; nothing where there is none.
Result<std::optional<Selection>> read_selection_outputs(const RunOutputs& outputs);
// What a selection left in the run folder is not of a run that selects nothing, and goes. Says if there was something.
Result<bool> remove_selection_outputs(const RunOutputs& outputs);
// sequence_information.json: which images were selected together, in runs of `length`. None for a length of 1. Frames
// of videos have their times if `source`, which may be null, knows them.
Status write_sequences(const RunOutputs& outputs, const Selection& selection, int64_t length, const Source* source);
// filenames/duplicate_filenames.txt. One that an earlier run left is not of a run that does not look for duplicates.
Status write_duplicates(const RunOutputs& outputs, const std::vector<DuplicatePair>& duplicates);
Status remove_duplicate_list(const RunOutputs& outputs);

}  // namespace pretag
