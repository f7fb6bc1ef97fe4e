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

// Those that exist: the report first, then the rest. A run that is taken up again replaces what it has uploaded before.
std::vector<ArtifactFile> artifacts_to_upload(const FileSystem& files, const std::string& run_folder,
                                              const RunConfig& config, bool with_report);

}  // namespace pretag
