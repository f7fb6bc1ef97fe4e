// The folder a run writes into.
#pragma once

#include <memory>
#include <string>

#include "pretag/store/ledger.h"
#include "pretag/util/result.h"

namespace pretag {

class FileSystem;

inline constexpr char kLedgerFile[] = "run.db";
inline constexpr char kConfigFile[] = "config/config.yaml";

// Makes the folder, or accepts one that is empty or holds a run. kInvalidArgument for one with anything else in it:
// a mistyped --output must not scatter files over somebody's pictures.
Status prepare_run_folder(FileSystem& files, const std::string& run_folder);

// The ledger of a run that is there already, to read or, for one process at a time, to write. kInvalidArgument for a
// folder that holds no run.
Result<std::unique_ptr<Ledger>> open_run_to_read(const std::string& run_folder);
Result<std::unique_ptr<Ledger>> open_run_to_write(const std::string& run_folder);

}  // namespace pretag
