#include "pretag/worker/job_folders.h"

#include <fmt/format.h>

#include <algorithm>

#include "pretag/bucket/bucket_url.h"
#include "pretag/util/strings.h"
#include "pretag/worker/mount.h"

namespace pretag {
namespace {

const DatasourceRecord* find(const std::vector<DatasourceRecord>& sources, const std::string& purpose) {
  const auto found = std::ranges::find(sources, purpose, &DatasourceRecord::purpose);
  return found == sources.end() ? nullptr : &*found;
}

// Below the mount that a LOCAL one is in, or in its bucket.
Result<std::string> folder_of(const DatasourceRecord& source, const std::string& mount) {
  if (source.type == "LOCAL") {
    return below_mount(mount, source.full_path, fmt::format("the {} datasource's path", source.purpose));
  }
  if (source.is_in_bucket()) {
    PRETAG_ASSIGN(const BucketUrl url, parse_bucket_url(source.address()));
    return url.text();
  }
  return Error{ErrorCode::kUnsupported, fmt::format("the dataset's {} datasource is of type {}, which this worker "
                                                    "cannot read yet; use a LOCAL, S3, GCS or AZURE one",
                                                    source.purpose, one_line(source.type))};
}

}  // namespace

Result<JobFolders> job_folders(const std::vector<DatasourceRecord>& sources, const Mounts& mounts) {
  const DatasourceRecord* both = find(sources, "INPUT_OUTPUT");
  const DatasourceRecord* input = find(sources, "INPUT");
  if (input == nullptr) input = both;
  if (input == nullptr) {
    return Error{ErrorCode::kInvalidArgument,
                 "the dataset has no datasource to read images from; set one of purpose INPUT"};
  }
  JobFolders folders;
  PRETAG_ASSIGN(folders.input, folder_of(*input, mounts.input));
  const DatasourceRecord* lightly = find(sources, "LIGHTLY");
  const std::string& mount = lightly == nullptr ? mounts.input : mounts.lightly;
  if (lightly == nullptr) lightly = both == nullptr ? input : both;
  PRETAG_ASSIGN(folders.lightly, folder_of(*lightly, mount));
  folders.thumb_suffix = lightly->thumb_suffix;
  return folders;
}

bool thumbnails_are_among_inputs(const JobFolders& folders) {
  const std::string place = folders.lightly + "/" + folders.thumb_suffix, input = folders.input + "/";
  if (folders.thumb_suffix.empty() || !place.starts_with(input)) return false;
  return std::ranges::none_of(split(place.substr(input.size()), '/'),
                              [](const std::string& part) { return part != "." && part.starts_with('.'); });
}

}  // namespace pretag
