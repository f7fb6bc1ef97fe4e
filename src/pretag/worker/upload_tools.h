// What every part of an upload works with.
#pragma once

#include <atomic>

#include "pretag/io/file_system.h"
#include "pretag/util/result.h"
#include "pretag/worker/api_client.h"
#include "pretag/worker/job_reporter.h"

namespace pretag {

inline constexpr char kUploadState[] = "UPLOADING_DATASET";

// All of it must outlive its users.
struct UploadTools {
  const ApiClient& api;
  FileSystem& files;
  JobReporter& reporter;
  const std::atomic<bool>& cancel;

  Status go_on() const {
    return cancel ? Status(Error{ErrorCode::kCancelled, "the upload of the dataset was cancelled"}) : Status();
  }
};

}  // namespace pretag
