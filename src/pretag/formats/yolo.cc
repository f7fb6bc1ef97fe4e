#include "pretag/formats/yolo.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <unordered_set>

#include "pretag/formats/folder_files.h"
#include "pretag/formats/stems.h"

namespace pretag {
namespace {

std::string with_labels_for_images(const std::string& path) {
  constexpr std::string_view kImages = "/images/";
  const size_t at = ("/" + path).rfind(kImages);
  return at == std::string::npos ? "" : path.substr(0, at) + "labels/" + path.substr(at + kImages.size() - 1);
}

}  // namespace

std::vector<std::string> yolo_label_paths(const std::string& filename) {
  const std::string name = stem_of(filename) + ".txt";
  std::vector<std::string> paths = {with_labels_for_images("images/" + name), "labels/" + name, name};
  if (std::string inside = with_labels_for_images(name); !inside.empty()) paths.insert(paths.begin(), inside);
  return paths;
}

Result<size_t> find_yolo_keypoint_numbers(const FileSystem& files, const std::string& folder) {
  for (const std::string_view place : kYoloClassNamePlaces) {
    const std::string path = fmt::format("{}{}", folder, place);
    if (!place.ends_with(".yaml") || !files.exists(path)) continue;
    PRETAG_ASSIGN(const std::string text, read_text_file(files, path, kMaxImageFileBytes));
    auto numbers = read_yolo_keypoint_numbers(text);
    return numbers.ok() ? numbers : numbers.error().in(path);
  }
  return size_t{0};
}

void keep_label_files(std::vector<std::string>& paths) {
  const auto in_labels = [](const std::string& path) { return ("/" + path).find("/labels/") != std::string::npos; };
  if (std::ranges::any_of(paths, in_labels)) std::erase_if(paths, std::not_fn(in_labels));
  std::erase_if(paths, [](const std::string& path) { return path == "classes.txt" || path == "labels/classes.txt"; });
}

Result<YoloFolder> read_yolo_folder(const FileSystem& files, const std::string& folder,
                                    const std::vector<std::string>& classes, const std::vector<ImageSize>& images) {
  PRETAG_ASSIGN(const size_t keypoint_numbers, find_yolo_keypoint_numbers(files, folder));
  PRETAG_ASSIGN(std::vector<std::string> paths, find_files(files, folder, ".txt"));
  keep_label_files(paths);
  std::unordered_set<std::string> unused(paths.begin(), paths.end());

  YoloFolder result;
  result.labels.classes = classes;
  for (const ImageSize& image : images) {
    const auto places = yolo_label_paths(image.filename);
    // A file is of one image: that of a.jpg cannot be told from that of a.png.
    const auto path = std::ranges::find_if(places, [&](const std::string& place) { return unused.contains(place); });
    if (path == places.end()) {
      result.without_file.push_back(image.filename);
      continue;
    }
    unused.erase(*path);
    PRETAG_ASSIGN(const std::string text, read_text_file(files, folder + "/" + *path, kMaxImageFileBytes));
    auto objects = read_yolo_objects(text, classes, image.width, image.height, keypoint_numbers);
    if (!objects) return objects.error().in(folder + "/" + *path);
    result.labels.images.push_back({image.filename, image.width, image.height, *std::move(objects)});
  }
  std::ranges::sort(result.labels.images, {}, &LabelledImage::filename);
  result.unused_files.assign(unused.begin(), unused.end());
  std::ranges::sort(result.unused_files);
  return result;
}

}  // namespace pretag
