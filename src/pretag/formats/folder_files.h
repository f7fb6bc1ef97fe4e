// Formats that are folders: a file an image.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/io/file_system.h"
#include "pretag/util/result.h"

namespace pretag {

// Writes files below a folder, each as a whole, and makes the folders they need. On the disk for sure after
// FileSystem::sync_all().
class FolderWriter {
 public:
  FolderWriter(FileSystem& files, std::string root) : files_(files), root_(std::move(root)) {}

  // `path` is relative to the root, '/'-separated.
  Status write(const std::string& path, std::string_view content);
  // For content too large for memory.
  Status stream(const std::string& path, const std::function<Status(const FileSystem::Sink&)>& produce);

 private:
  Status make_parent_of(const std::string& path);

  FileSystem& files_;
  std::string root_, last_parent_;
};

// Every file below `root` whose name ends with `extension`, relative to it, '/'-separated, in byte order. Links are
// followed; a folder that contains itself is left out there. kInvalidArgument if `root` is no folder.
Result<std::vector<std::string>> find_files(const FileSystem& files, const std::string& root,
                                            std::string_view extension);

// Whether there is a folder of this name.
bool is_folder(const FileSystem& files, const std::string& path);

}  // namespace pretag
