// The folder a run writes into.
#pragma once

#include <string>

#include "pretag/util/result.h"

namespace pretag {

class FileSystem;

inline constexpr char kLedgerFile[] = "run.db";

// Makes the folder, or accepts one that is empty or holds a run. kInvalidArgument for one with anything else in it:
// a mistyped --output must not scatter files over somebody's pictures.
Status prepare_run_folder(FileSystem& files, const std::string& run_folder);

}  // namespace pretag
