#include "pretag/cli/model_pull.h"

#include <filesystem>

#include "pretag/cli/model_convert.h"

namespace pretag {
namespace {

namespace fs = std::filesystem;

Status convert(const OfficialModel& model, const PullRequest& request, const std::string& input, FileSystem& files) {
  const auto converted = convert_model({input, request.output, request.type, model.metadata}, files);
  if (!converted) return converted.error();
  return {};
}

}  // namespace

Status pull_model(const OfficialModel& model, const PullRequest& request, const HttpClient& client, FileSystem& files,
                  const DownloadProgress& progress) {
  if (const std::string folder = fs::path(request.output).parent_path(); !folder.empty()) {
    PRETAG_TRY(files.make_directories(folder));
  }
  if (!request.from.empty()) {
    PRETAG_TRY(check_sha256(request.from, model.sha256));
    return convert(model, request, request.from, files);
  }
  // Under a name of its own: what people have fetched themselves is theirs.
  const std::string fetched = fs::path(request.output).parent_path() / ("pretag-" + model.file);
  if (!check_sha256(fetched, model.sha256)) {  // a conversion may have failed last time, for want of space
    PRETAG_TRY(download(client,
                        {.url = request.url.empty() ? model.url : request.url,
                         .target = fetched,
                         .sha256 = model.sha256,
                         .max_bytes = model.max_bytes},
                        progress));
  }
  PRETAG_TRY(convert(model, request, fetched, files));
  std::error_code ignored;  // a leftover costs space and nothing else
  fs::remove(fetched, ignored);
  return {};
}

}  // namespace pretag
