// What users have noted of their images, from the files of .lightly/metadata, for the server.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_set>
#include <vector>

#include "pretag/formats/lightly_metadata_files.h"
#include "pretag/run/read_ahead.h"
#include "pretag/util/result.h"
#include "pretag/worker/api_records.h"
#include "pretag/worker/upload_tools.h"

namespace pretag {

// A file that is damaged, or of no use to the server, is left out with a warning in the run's log, and is no error.
// Errors are kCancelled, kUnavailable where it cannot be known what there is, and of asking the server. Not
// thread-safe.
class CustomMetadata {
 public:
  // `lightly_folder`: .lightly of the LIGHTLY datasource. `tools` must outlive it.
  CustomMetadata(const UploadTools& tools, const std::string& lightly_folder)
      : tools_(tools), ahead_(tools.files), files_(ahead_, lightly_folder) {}

  // Comes first. Tells the server which metadata samples of this dataset have, as schema.json says, unless it knows.
  Status tell_schema(const std::string& dataset_id);
  // Adds to each of these samples what is known of it. Their files are read at the same time.
  Status add_to(std::vector<SampleRecord>& samples);
  // Comes last. How many more files are left out than there were warnings.
  void tell_of_others() const;

 private:
  Status tell(const std::string& dataset_id, const std::string& schema);
  Result<std::string> of(const std::string& filename);
  Result<std::string> read(const std::string& path);
  void leave_out(const std::string& path, const std::string& why);

  static constexpr size_t kMostNamed = 5;  // in warnings

  const UploadTools& tools_;
  ReadAhead ahead_;
  MetadataFiles files_;
  bool any_ = false;
  std::unordered_set<std::string> left_out_;  // paths
};

}  // namespace pretag
