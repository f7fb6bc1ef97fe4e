// The one file system that a program with buckets sees.
#pragma once

#include <functional>
#include <memory>

#include "pretag/io/file_system.h"
#include "pretag/util/result.h"

namespace pretag {

// Makes the file system of the buckets with this scheme (bucket_url.h).
using ConnectBuckets = std::function<Result<std::unique_ptr<FileSystem>>(const std::string& scheme)>;

// Paths that begin with s3://, gs:// or az:// are those of the file system that `connect` makes, when the first one
// comes up; an error of it is that of every call, and it is asked again the next time. All others are those of `local`,
// which must outlive it.
std::unique_ptr<FileSystem> file_system_with_buckets(FileSystem& local, ConnectBuckets connect);

}  // namespace pretag
