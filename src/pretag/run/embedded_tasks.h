// Prediction tasks that users bring along and whose objects are to have embeddings: the network is asked about their
// boxes while it looks at the image.
#pragma once

#include "pretag/data/selection.h"
#include "pretag/run/image_pipeline.h"
#include "pretag/run/selection_table.h"
#include "pretag/store/ledger.h"
#include "pretag/util/result.h"

namespace pretag {

// Those that the selection needs. What has been looked at without a task cannot get its embeddings any more: kConflict
// if there is such an image in the ledger.
Status claim_embedded_tasks(Ledger& ledger, const std::vector<std::string>& tasks);

// Where the boxes are; empty if there are no tasks. kInvalidArgument for a task that does not exist. `sources` is not
// needed afterwards, its files are.
Result<RegionsOf> regions_of_tasks(const std::vector<std::string>& tasks, const SelectionSources& sources);

}  // namespace pretag
