// The files that the program's verbs see: those of this machine, and s3:// addresses.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "pretag/io/file_system.h"

namespace pretag {

// With the credentials, region and address that the environment and ~/.aws name, read when the first s3:// path comes
// up. Whatever waits for a network gives up when `stop` becomes true, which must outlive it. `notice` hears of outages,
// on any thread.
std::unique_ptr<FileSystem> files_and_buckets(const std::atomic<bool>& stop,
                                              std::function<void(const std::string&)> notice = {});

}  // namespace pretag
