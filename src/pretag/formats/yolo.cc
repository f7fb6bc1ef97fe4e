#include "pretag/formats/yolo.h"

#include <algorithm>
#include <unordered_set>

#include "pretag/formats/folder_files.h"
#include "pretag/formats/stems.h"

namespace pretag {
Result<YoloFolder> read_yolo_folder(const FileSystem& files, const std::string& folder,
                                    const std::vector<std::string>& classes, const std::vector<ImageSize>& images) {
  PRETAG_ASSIGN(std::vector<std::string> paths, find_files(files, folder, ".txt"));
  std::erase(paths, "classes.txt");
  std::unordered_set<std::string> unused(paths.begin(), paths.end());
  const std::unordered_set<std::string> existing = unused;

  YoloFolder result;
  result.labels.classes = classes;
  for (const ImageSize& image : images) {
    const std::string path = stem_of(image.filename) + ".txt";
    if (!existing.contains(path)) {
      result.without_file.push_back(image.filename);
      continue;
    }
    unused.erase(path);
    PRETAG_ASSIGN(const std::string text, read_text_file(files, folder + "/" + path, kMaxImageFileBytes));
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
