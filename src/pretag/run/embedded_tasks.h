// Prediction tasks that users bring along and whose objects are to have embeddings: the network is asked about their
// boxes while it looks at the image.
#pragma once

#include "pretag/data/selection.h"
#include "pretag/run/image_pipeline.h"
#include "pretag/run/selection_table.h"
#include "pretag/store/ledger.h"
#include "pretag/util/result.h"

namespace pretag {

// The tasks that images are to be looked at with from now on: `needed`, and, so that all images of the ledger have the
// same, those that the images before were looked at with, as long as these tasks exist. kConflict if there is an image
// that was looked at without one of `needed`, which cannot get its embeddings any more.
Result<std::vector<std::string>> claim_embedded_tasks(Ledger& ledger, const std::vector<std::string>& needed,
                                                      const SelectionSources& sources);

// Where the boxes are; empty if there are no tasks. kInvalidArgument for a task that does not exist. `sources` is not
// needed afterwards, its files are.
Result<RegionsOf> regions_of_tasks(const std::vector<std::string>& tasks, const SelectionSources& sources);

}  // namespace pretag
