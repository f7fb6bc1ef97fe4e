#include "pretag/worker/artifacts.h"

#include <array>

namespace pretag {
namespace {

struct Kind {
  const char* type;
  const char* file;  // in the run folder, and the artifact's name
  bool is_report;
};

constexpr std::array<Kind, 7> kKinds = {{
    {"REPORT_PDF", "report.pdf", true},
    {"REPORT_JSON", "report.json", true},
    {"REPORT_V2_JSON", "report_v2.json", true},
    {"CORRUPTNESS_CHECK_INFORMATION", "corruptness_check_information.json", false},
    {"SEQUENCE_INFORMATION", "sequence_information.json", false},
    {"MEMLOG", "memlog.txt", false},
    {"LOG", "log.txt", false},
}};

}  // namespace

std::vector<ArtifactFile> artifacts_to_upload(const FileSystem& files, const std::string& run_folder,
                                              const RunConfig& config, bool with_report) {
  std::vector<ArtifactFile> all;
  for (const Kind& kind : kKinds) {
    if (kind.is_report && !with_report) continue;
    all.push_back({{kind.type, kind.file}, run_folder + "/" + kind.file, kind.is_report});
  }
  const std::string& relevant = config.relevant_filenames_file;
  if (!relevant.empty()) all.push_back({{"RELEVANT_FILENAMES", relevant.substr(relevant.rfind('/') + 1)}, relevant});
  std::erase_if(all, [&](const ArtifactFile& file) { return !files.exists(file.path); });
  return all;
}

}  // namespace pretag
