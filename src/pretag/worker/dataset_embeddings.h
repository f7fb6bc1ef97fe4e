// The embeddings of a dataset's samples, as the server has them.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_set>

#include "pretag/io/file_system.h"
#include "pretag/util/result.h"
#include "pretag/worker/api_client.h"

namespace pretag {

struct SamplesOfDataset {
  std::string dataset_id;
  std::unordered_set<std::string> filenames;
};

// Writes an embeddings CSV to `path`, in byte order of the names, and says of how many samples; an empty file if it is
// of none. Each run of the dataset has uploaded the embeddings of what it added: of each sample the newest are taken,
// but none called `except`. Those that do not have `columns` numbers are of another network, and say nothing here.
Result<size_t> write_dataset_embeddings(const ApiClient& api, FileSystem& files, const SamplesOfDataset& samples,
                                        size_t columns, const std::string& path, const std::string& except = "");

}  // namespace pretag
