// The one file system that a program with buckets sees.
#pragma once

#include <functional>
#include <memory>

#include "pretag/io/file_system.h"
#include "pretag/util/result.h"

namespace pretag {

// Paths that begin with s3:// are those of the file system that `connect` makes, when the first one comes up; an error
// of it is that of every call, and it is asked again the next time. All others are those of `local`, which must outlive
// it.
std::unique_ptr<FileSystem> file_system_with_buckets(FileSystem& local,
                                                     std::function<Result<std::unique_ptr<FileSystem>>()> connect);

}  // namespace pretag
