// From a run's settings to what is to be selected: the selection of the Python client, or the keys of the older
// interface, which say the same in other words.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "pretag/data/run_config.h"
#include "pretag/data/selection.h"
#include "pretag/util/result.h"

namespace pretag {

class FileSystem;

// Nothing where the settings ask for no selection. Reads the files that `selection` and `pretagging_config` name.
// kInvalidArgument names the key; both or neither of n_samples and proportion_samples are an error, as are the two
// interfaces at once.
Result<std::optional<SelectionConfig>> selection_config_of(const RunConfig& config, const FileSystem& files);

// The prediction tasks whose objects' embeddings are needed.
std::set<std::string> tasks_with_embeddings(const SelectionConfig& selection);

// Whether embeddings, scores or predictions of the detector are needed. Images may have embeddings without it.
bool needs_detector(const SelectionConfig& selection, bool own_embeddings);

}  // namespace pretag
