// pretag model pull: published weights, fetched or taken from a file, checked and converted.
#pragma once

#include <string>

#include "pretag/io/download.h"
#include "pretag/io/file_system.h"
#include "pretag/io/http_client.h"
#include "pretag/nn/model_export.h"
#include "pretag/nn/official_models.h"
#include "pretag/util/result.h"

namespace pretag {

struct PullRequest {
  std::string from;    // the publisher's file where it is here already; empty: fetch it
  std::string url;     // a mirror; empty: the publisher's address
  std::string output;  // the .safetensors to write
  ExportType type = ExportType::kFloat32;
};

// The checksum must be the publisher's, wherever the file comes from. What was fetched lies beside `output` until it is
// converted; an interrupted download goes on where it stopped.
Status pull_model(const OfficialModel& model, const PullRequest& request, const HttpClient& client, FileSystem& files,
                  const DownloadProgress& progress = {});

}  // namespace pretag
