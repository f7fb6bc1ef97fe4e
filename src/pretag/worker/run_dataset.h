// A dataset of the server that a run adds to: its samples, the tags of them and their embeddings.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "pretag/util/result.h"
#include "pretag/worker/api_records.h"
#include "pretag/worker/upload_tools.h"

namespace pretag {

// What the embeddings are called that a run uploads.
std::string embeddings_name(const RunRecord& run);

// Other jobs may add to the dataset meanwhile. A run that is taken up again replaces its tag and its embeddings: images
// may have come since, and others be selected.
class RunDataset {
 public:
  // `tools` must outlive it.
  RunDataset(const UploadTools& tools, std::string id, RunRecord run)
      : tools_(tools), id_(std::move(id)), run_(std::move(run)) {}

  // Asks the server which samples there are. Everything else goes by the last answer.
  Status list();

  const std::string& id() const { return id_; }
  const RunRecord& run() const { return run_; }
  size_t size() const { return ids_.size(); }
  // Bit i of every tag is sample i; nothing for a name that no sample has.
  std::optional<size_t> index_of(const std::string& filename) const;
  const std::string& id_of(size_t index) const { return ids_[index]; }

  // initial-tag in a dataset without tags; later the tags grow, and the run gets a tag of `selected`, run-<id>.
  Status write_tags(const std::unordered_set<std::string>& selected) const;
  // default_<run id>, of the CSV at `path`; nothing where there is no file, as not one image could be read.
  Status write_embeddings(const std::string& path) const;

 private:
  Result<std::vector<TagRecord>> tags_with_initial() const;
  Result<int64_t> rows_of(const std::string& csv) const;

  const UploadTools& tools_;
  std::string id_;
  RunRecord run_;
  std::vector<std::string> ids_;
  std::unordered_map<std::string, size_t> index_of_;
};

}  // namespace pretag
