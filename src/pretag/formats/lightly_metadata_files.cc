#include "pretag/formats/lightly_metadata_files.h"

#include <utility>

#include "pretag/data/frame_name.h"
#include "pretag/formats/dataset.h"
#include "pretag/formats/lightly_metadata.h"

namespace pretag {

std::string MetadataFiles::path_of(const std::string& filename) const {
  return folder_ + "/" + metadata_file_of(filename);
}

std::vector<std::string> MetadataFiles::paths_of(const std::string& filename) const {
  std::vector<std::string> paths = {path_of(filename)};
  if (const auto frame = parse_frame_name(filename)) paths.push_back(path_of(frame->video));
  return paths;
}

Result<std::optional<std::string>> MetadataFiles::read_schema() const {
  if (!files_.exists(schema_path())) return std::optional<std::string>();
  PRETAG_ASSIGN(std::string text, read_text_file(files_, schema_path(), kMaxImageFileBytes));
  return std::optional(std::move(text));
}

Result<std::optional<std::string>> MetadataFiles::read(const std::string& path) const {
  if (path == schema_path()) return std::optional<std::string>();
  auto text = read_text_file(files_, path, kMaxImageFileBytes);
  if (!text && text.error().code == ErrorCode::kNotFound) return std::optional<std::string>();
  PRETAG_TRY(text);
  return std::optional(*std::move(text));
}

}  // namespace pretag
