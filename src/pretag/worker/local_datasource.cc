#include "pretag/worker/local_datasource.h"

#include <fmt/format.h>

#include <algorithm>

#include "pretag/util/strings.h"
#include "pretag/worker/mount.h"

namespace pretag {
namespace {

const DatasourceRecord* find(const std::vector<DatasourceRecord>& sources, const std::string& purpose) {
  const auto found = std::ranges::find(sources, purpose, &DatasourceRecord::purpose);
  return found == sources.end() ? nullptr : &*found;
}

Status check_readable(const DatasourceRecord& source) {
  if (source.type == "LOCAL") return {};
  return Error{ErrorCode::kUnsupported, fmt::format("the dataset's {} datasource is of type {}, which this worker "
                                                    "cannot read yet; use a LOCAL one",
                                                    source.purpose, one_line(source.type))};
}

}  // namespace

Result<JobFolders> job_folders(const std::vector<DatasourceRecord>& sources, const Mounts& mounts) {
  const DatasourceRecord* input = find(sources, "INPUT");
  if (input == nullptr) input = find(sources, "INPUT_OUTPUT");
  if (input == nullptr) {
    return Error{ErrorCode::kInvalidArgument,
                 "the dataset has no datasource to read images from; set one of purpose INPUT"};
  }
  PRETAG_TRY(check_readable(*input));
  JobFolders folders;
  PRETAG_ASSIGN(folders.input, below_mount(mounts.input, input->full_path, "the INPUT datasource's path"));
  folders.lightly = folders.input;
  folders.thumb_suffix = input->thumb_suffix;
  if (const DatasourceRecord* lightly = find(sources, "LIGHTLY")) {
    PRETAG_TRY(check_readable(*lightly));
    PRETAG_ASSIGN(folders.lightly, below_mount(mounts.lightly, lightly->full_path, "the LIGHTLY datasource's path"));
    folders.thumb_suffix = lightly->thumb_suffix;
  }
  return folders;
}

}  // namespace pretag
