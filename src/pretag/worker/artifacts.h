// The files of a run folder that go to the server as the run's artifacts.
#pragma once

#include <string>
#include <vector>

#include "pretag/data/run_config.h"
#include "pretag/io/file_system.h"
#include "pretag/worker/api_records.h"

namespace pretag {

struct ArtifactFile {
  ArtifactRecord artifact;
  std::string path;
  bool is_report = false;
};

// Those that exist, without those that the server has already: the report first, then the rest.
std::vector<ArtifactFile> artifacts_to_upload(const FileSystem& files, const std::string& run_folder,
                                              const RunConfig& config, bool with_report,
                                              const std::vector<ArtifactRecord>& uploaded);

}  // namespace pretag
