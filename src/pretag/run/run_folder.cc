#include "pretag/run/run_folder.h"

#include <fmt/format.h>

#include "pretag/io/file_system.h"

namespace pretag {
namespace {

// Opening to write would make a ledger where there is none.
Result<std::string> ledger_in(const std::string& run_folder) {
  std::string path = run_folder + "/" + kLedgerFile;
  if (local_file_system().exists(path)) return path;
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("{}: is no run folder, it has no {}; give the folder that pretag run wrote to with --output",
                           run_folder, kLedgerFile)};
}

}  // namespace

Status prepare_run_folder(FileSystem& files, const std::string& run_folder) {
  PRETAG_TRY(files.make_directories(run_folder));
  PRETAG_ASSIGN(const auto entries, files.list(run_folder));
  if (!entries.empty() && !files.exists(run_folder + "/" + kLedgerFile)) {
    // These come before the ledger, so a run that ended between may have left just them.
    for (const DirectoryEntry& entry : entries) {
      if (entry.name == "log.txt" || entry.name == "memlog.txt" || entry.name == "config") continue;
      if (entry.name == "shards") {
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("{}: holds the shards of a run; 'pretag merge {}' joins them when all are done",
                                 run_folder, run_folder)};
      }
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("{}: is not empty and holds no run ('{}' is in it); choose another output folder",
                               run_folder, entry.name)};
    }
  }
  return files.make_directories(run_folder + "/config");
}

Result<std::unique_ptr<Ledger>> open_run_to_read(const std::string& run_folder) {
  PRETAG_ASSIGN(const std::string path, ledger_in(run_folder));
  return Ledger::open_read_only(path);
}

Result<std::unique_ptr<Ledger>> open_run_to_write(const std::string& run_folder) {
  PRETAG_ASSIGN(const std::string path, ledger_in(run_folder));
  return Ledger::open(path);
}

}  // namespace pretag
