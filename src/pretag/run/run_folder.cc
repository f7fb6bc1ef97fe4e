#include "pretag/run/run_folder.h"

#include <fmt/format.h>

#include "pretag/io/file_system.h"

namespace pretag {

Status prepare_run_folder(FileSystem& files, const std::string& run_folder) {
  PRETAG_TRY(files.make_directories(run_folder));
  PRETAG_ASSIGN(const auto entries, files.list(run_folder));
  if (!entries.empty() && !files.exists(run_folder + "/" + kLedgerFile)) {
    // These come before the ledger, so a run that ended between may have left just them.
    for (const DirectoryEntry& entry : entries) {
      if (entry.name == "log.txt" || entry.name == "memlog.txt" || entry.name == "config") continue;
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("{}: is not empty and holds no run ('{}' is in it); choose another output folder",
                               run_folder, entry.name)};
    }
  }
  return files.make_directories(run_folder + "/config");
}

}  // namespace pretag
