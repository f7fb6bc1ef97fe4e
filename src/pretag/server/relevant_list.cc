#include "pretag/server/relevant_list.h"

#include "pretag/io/file_system.h"
#include "pretag/server/artifacts.h"
#include "pretag/server/datasource_place.h"
#include "pretag/server/json_fields.h"
#include "pretag/util/paths.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr size_t kMaxBytes = 64 << 20;

ApiError invalid(std::string message) {
  return {400, "DATASET_DATASOURCE_RELEVANT_FILENAMES_INVALID", std::move(message)};
}

Reply<std::optional<RelevantFilenames>> read_list(const FileSystem& files, const std::string& path,
                                                  const std::string& shown) {
  const auto bytes = files.read(path, kMaxBytes);
  if (!bytes) return invalid("'" + one_line(shown) + "' cannot be read");
  auto names = parse_relevant_filenames({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, shown);
  if (!names) return invalid(names.error().message);
  return std::optional(*std::move(names));
}

Reply<std::optional<RelevantFilenames>> list_in_datasource(const Call& call, const std::string& file) {
  if (climbs_out(file)) return invalid("relevantFilenamesFileName must stay within the LIGHTLY data source");
  PRETAG_ASSIGN(const Record lightly, look_up_datasource(call, "LIGHTLY"));
  PRETAG_ASSIGN(const DatasourceFolder folder, datasource_folder(call.server, lightly));
  return read_list(*folder.files, folder.path + "/" + file, file);
}

Reply<std::optional<RelevantFilenames>> list_of_run(const Call& call, const std::string& run,
                                                    const std::string& artifact) {
  if (run.empty() || artifact.empty()) {
    return invalid("relevantFilenamesRunId and relevantFilenamesArtifactId go together");
  }
  PRETAG_ASSIGN(const std::string path, look_up_artifact_file(call, run, artifact));
  return read_list(local_file_system(), path, "artifact " + artifact);
}

}  // namespace

Reply<std::optional<RelevantFilenames>> relevant_list(const Call& call) {
  const std::string run(call.query("relevantFilenamesRunId")), artifact(call.query("relevantFilenamesArtifactId"));
  const std::string file(call.query("relevantFilenamesFileName"));
  const bool of_run = !run.empty() || !artifact.empty();
  if (of_run && !file.empty()) return invalid("name a file or the artifact of a run, not both");
  if (of_run) return list_of_run(call, run, artifact);
  if (!file.empty()) return list_in_datasource(call, file);
  return std::optional<RelevantFilenames>();
}

}  // namespace pretag
