#include "pretag/formats/yolo.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace pretag {
namespace {

constexpr size_t kMaxLabelBytes = 16 << 20;  // some 400,000 objects in one image

// a/b.jpg -> a/b.txt
std::string label_path(const std::string& filename) {
  const size_t name = filename.rfind('/') + 1;
  const size_t dot = filename.rfind('.');
  return (dot == std::string::npos || dot < name ? filename : filename.substr(0, dot)) + ".txt";
}

// Finds every .txt file below the folder; paths are relative to it.
class LabelFileFinder {
 public:
  LabelFileFinder(const FileSystem& files, std::string root) : files_(files), root_(std::move(root)) {}

  Result<std::vector<std::string>> find() {
    PRETAG_ASSIGN(const DirectoryEntry root, files_.entry(root_));
    if (!root.is_directory) return Error{ErrorCode::kInvalidArgument, root_ + ": not a folder"};
    PRETAG_TRY(visit(root, ""));
    return std::move(found_);
  }

 private:
  Status visit(const DirectoryEntry& folder, const std::string& path) {
    // A link to a folder that is being visited would have no end.
    const std::pair identity{folder.device, folder.inode};
    if (std::ranges::find(open_folders_, identity) != open_folders_.end()) return {};
    open_folders_.push_back(identity);
    PRETAG_ASSIGN(const auto entries, files_.list(path.empty() ? root_ : root_ + "/" + path));
    for (const DirectoryEntry& entry : entries) {
      const std::string below = path.empty() ? entry.name : path + "/" + entry.name;
      if (entry.is_directory) PRETAG_TRY(visit(entry, below));
      if (entry.is_file && below.ends_with(".txt") && below != "classes.txt") found_.push_back(below);
    }
    open_folders_.pop_back();
    return {};
  }

  const FileSystem& files_;
  const std::string root_;
  std::vector<std::pair<uint64_t, uint64_t>> open_folders_;  // device and inode, the root first
  std::vector<std::string> found_;
};

Result<std::string> read_text(const FileSystem& files, const std::string& path) {
  PRETAG_ASSIGN(const auto bytes, files.read(path, kMaxLabelBytes));
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace

Result<YoloFolder> read_yolo_folder(const FileSystem& files, const std::string& folder,
                                    const std::vector<std::string>& classes, const std::vector<ImageSize>& images) {
  PRETAG_ASSIGN(const std::vector<std::string> paths, LabelFileFinder(files, folder).find());
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
