// A file seen as memory: weights of a gigabyte cost no copy, and only the pages that are touched are read.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "pretag/util/result.h"

namespace pretag {

// Read-only and unmapped on destruction; any number of threads may read it. The file must not be truncated by others
// while it is mapped (the system would raise SIGBUS); files that appear by rename are safe.
class MappedFile {
 public:
  // kNotFound or kIo name the path and the system's reason. Folders, pipes and devices are refused (kInvalidArgument).
  static Result<std::shared_ptr<const MappedFile>> open(const std::string& path);

  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::span<const std::byte> bytes_;
};

}  // namespace pretag
