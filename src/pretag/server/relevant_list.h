// Which of a data source's files a listing is about, as its request says. For this layer.
#pragma once

#include <optional>

#include "pretag/server/call.h"
#include "pretag/source/relevant_filenames.h"

namespace pretag {

// The list that relevantFilenamesFileName names in the LIGHTLY data source, or that a run has left as an artifact
// (relevantFilenamesRunId and relevantFilenamesArtifactId); none if no list is asked for. Needs no database of the
// call. 400 DATASET_DATASOURCE_RELEVANT_FILENAMES_INVALID for what is no such list, 404 for a run or artifact that is
// not there.
Reply<std::optional<RelevantFilenames>> relevant_list(const Call& call);

}  // namespace pretag
