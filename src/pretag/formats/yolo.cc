#include "pretag/formats/yolo.h"

#include <algorithm>
#include <unordered_set>

namespace pretag {
namespace {

constexpr size_t kMaxLabelBytes = 16 << 20;  // some 400,000 objects in one image
constexpr int kMaxFolderDepth = 64;          // a link to a parent folder would have no end

// a/b.jpg -> a/b.txt
std::string label_path(const std::string& filename) {
  const size_t name = filename.rfind('/') + 1;
  const size_t dot = filename.rfind('.');
  return (dot == std::string::npos || dot < name ? filename : filename.substr(0, dot)) + ".txt";
}

// Every .txt file below the folder, relative to it.
Status list_label_files(const FileSystem& files, const std::string& folder, const std::string& below, int depth,
                        std::vector<std::string>& found) {
  if (depth > kMaxFolderDepth) return Error{ErrorCode::kInvalidArgument, folder + "/" + below + ": nested too deep"};
  PRETAG_ASSIGN(const auto entries, files.list(below.empty() ? folder : folder + "/" + below));
  for (const DirectoryEntry& entry : entries) {
    const std::string path = below.empty() ? entry.name : below + "/" + entry.name;
    if (entry.is_directory) PRETAG_TRY(list_label_files(files, folder, path, depth + 1, found));
    if (entry.is_file && path.ends_with(".txt") && path != "classes.txt") found.push_back(path);
  }
  return {};
}

Result<std::string> read_text(const FileSystem& files, const std::string& path) {
  PRETAG_ASSIGN(const auto bytes, files.read(path, kMaxLabelBytes));
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace

Result<YoloFolder> read_yolo_folder(const FileSystem& files, const std::string& folder,
                                    const std::vector<std::string>& classes, const std::vector<ImageSize>& images) {
  std::vector<std::string> paths;
  PRETAG_TRY(list_label_files(files, folder, "", 0, paths));
  std::unordered_set<std::string> unused(paths.begin(), paths.end());
  const std::unordered_set<std::string> existing = unused;

  YoloFolder result;
  result.labels.classes = classes;
  for (const ImageSize& image : images) {
    const std::string path = label_path(image.filename);
    if (!existing.contains(path)) {
      result.without_file.push_back(image.filename);
      continue;
    }
    unused.erase(path);
    PRETAG_ASSIGN(const std::string text, read_text(files, folder + "/" + path));
    auto objects = read_yolo_objects(text, classes, image.width, image.height);
    if (!objects) return objects.error().in(folder + "/" + path);
    result.labels.images.push_back({image.filename, image.width, image.height, *std::move(objects)});
  }
  std::ranges::sort(result.labels.images, {}, &LabelledImage::filename);
  result.unused_files.assign(unused.begin(), unused.end());
  std::ranges::sort(result.unused_files);
  return result;
}

}  // namespace pretag
