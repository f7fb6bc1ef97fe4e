// One run, from configuration to report, or a shard of one. Read execute_run() in run.cc to know the program.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "pretag/data/run_config.h"
#include "pretag/data/selection.h"
#include "pretag/run/progress.h"
#include "pretag/source/folder_source.h"
#include "pretag/store/ledger.h"
#include "pretag/util/result.h"

namespace pretag {

class FileSystem;

struct RunRequest {
  std::string input;                    // folder, or one image or video; without a slash at its end: named_input()
  std::string title = {};               // of the report; empty: the input's name
  std::string run_folder;               // made if it is not there; a run that was stopped in it goes on
  std::string model_path;               // weight file; unused unless needs_model()
  std::string shared_folder = {};       // what runs share: data pools. Unused unless config.datapool_name
  std::string lightly_folder = {};      // users' metadata and predictions; empty: lightly_folder_of()
  Pictures pictures = Pictures::kBoth;  // of the input
  RunConfig config;
  std::optional<SelectionConfig> selection = {};  // selection_config_of(config); nothing: everything stays in
  int64_t modified_from = INT64_MIN;              // only files that were changed or came from then on, unix seconds
  std::string datapool_file = {};                 // a pool that somebody else keeps: an embeddings CSV; may be empty
  std::optional<Shard> shard = {};                // only this part of the images, for merge_run() to join: run/shards.h

  bool has_datapool() const { return !config.datapool_name.empty() || !datapool_file.empty(); }
  // Whether a network has to look at the images: for the objects, or only for embeddings to select by.
  bool needs_model() const;
  // The prediction tasks of the user's whose objects are to have embeddings.
  std::vector<std::string> tasks_to_embed() const;
  // Whether the images have embeddings then: the network's, or the user's.
  bool has_embeddings() const { return needs_model() || !config.embeddings.empty(); }
};

struct SelectedCounts {
  int64_t images = 0;
  std::optional<int64_t> objects = {};  // in these images, where objects were selected
};

struct RunSummary {
  LedgerCounts counts;
  bool cancelled = false;        // stopped on request: nothing is written besides the ledger, the same request resumes
  double images_per_second = 0;  // of this part of the run
  std::optional<SelectedCounts> selected = {};  // if a selection was asked for
};

// Blocks until the run, or the shard, is done or `cancel` becomes true. An unreadable image is not an error: it is
// counted in the summary and listed in the run folder. Errors are of the whole run, and name the file or key.
Result<RunSummary> execute_run(const RunRequest& request, FileSystem& files, ProgressSink& progress,
                               const std::atomic<bool>& cancel);

}  // namespace pretag
