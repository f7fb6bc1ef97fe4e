// Where a job's images are.
#pragma once

#include <string>
#include <vector>

#include "pretag/util/result.h"
#include "pretag/worker/api_records.h"

namespace pretag {

struct Mounts {
  std::string input = "/input_mount";
  std::string lightly = "/lightly_mount";
  std::string output = "/home/output_dir";
  std::string shared = "/home/shared_dir";
};

struct JobFolders {
  std::string input;
  std::string lightly;         // predictions, metadata and relevant file names are in .lightly of it
  std::string thumb_suffix{};  // see DatasourceRecord; of the one that `lightly` is of
};

// The folders that a dataset's datasources name: LOCAL ones below the mounts, those in buckets as s3://, gs:// and
// az:// addresses. One of purpose INPUT_OUTPUT serves for what has none of its own, as the server takes it, and an
// INPUT one without any other serves for both. kInvalidArgument where none is set; kUnsupported for the other kinds in
// a cloud, which cannot be read yet.
Result<JobFolders> job_folders(const std::vector<DatasourceRecord>& sources, const Mounts& mounts);

// Whether thumbnails would be below the input where a job looks for images: not in a folder whose name begins with '.'.
bool thumbnails_are_among_inputs(const JobFolders& folders);

}  // namespace pretag
