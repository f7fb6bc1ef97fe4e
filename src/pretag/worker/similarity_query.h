// Selection by similarity to a tag: what a job names at the server becomes an embeddings file beside the run.
#pragma once

#include <string>

#include "pretag/io/file_system.h"
#include "pretag/util/result.h"
#include "pretag/worker/api_client.h"

namespace pretag {

// `selection` is the job's, as JSON. An input with datasetId and tagName gets the embeddings of the tag's samples, from
// the dataset's newest embeddings of `columns` numbers that have them, as `folder`/query_<i>.csv, and names that file
// instead. An input that names a file itself ("query") may name one below `shared_folder` only. The rest stays as it
// is, what is no selection included: who reads it says so. kNotFound: no such dataset or tag; kInvalidArgument: the tag
// has no embeddings.
Result<std::string> fetch_similarity_queries(const ApiClient& api, FileSystem& files, const std::string& selection,
                                             size_t columns, const std::string& folder,
                                             const std::string& shared_folder);

}  // namespace pretag
