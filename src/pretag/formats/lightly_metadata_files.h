// The files of .lightly/metadata: where those of an image are, and their texts. formats/lightly_metadata.h reads these.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pretag/io/file_system.h"
#include "pretag/util/result.h"

namespace pretag {

// `files` must outlive it. Errors are those of the file system, with kUnsupported for files of more than 16 MiB.
class MetadataFiles {
 public:
  MetadataFiles(const FileSystem& files, const std::string& lightly_folder)
      : files_(files), folder_(lightly_folder + "/metadata") {}

  // Whether there is such a folder.
  bool exist() const { return files_.exists(folder_); }
  std::string schema_path() const { return folder_ + "/schema.json"; }
  // Of an image, a frame or a video.
  std::string path_of(const std::string& filename) const;
  // All that say something of an image: its own, then, of a frame, the one of its video.
  std::vector<std::string> paths_of(const std::string& filename) const;

  // Nothing where there is no such file.
  Result<std::optional<std::string>> read_schema() const;
  // Likewise. The schema is no image's.
  Result<std::optional<std::string>> read(const std::string& path) const;

 private:
  const FileSystem& files_;
  std::string folder_;
};

}  // namespace pretag
