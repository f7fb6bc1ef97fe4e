#include "pretag/formats/dataset.h"

#include <fmt/format.h>

#include <algorithm>

#include "pretag/util/paths.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr size_t kExamples = 5;

Error corrupt(std::string message) { return {ErrorCode::kCorrupt, std::move(message)}; }

// Names become paths of files that are written: none may lead out of its folder.
Status check_filename(const std::string& filename) {
  if (!is_valid_utf8(filename) || filename.empty()) return corrupt("the name of an image is empty or not UTF-8");
  if (stays_inside(filename)) return {};
  return corrupt(fmt::format("the image \"{}\" is no path below the folder of the images", one_line(filename)));
}

}  // namespace

void Notes::add(const std::string& what, const std::string& example) {
  Group& group = groups_[what];
  ++group.count;
  if (group.examples.size() < kExamples) group.examples.push_back(one_line(example));
}

void Notes::add(const Notes& other) {
  for (const auto& [what, theirs] : other.groups_) {
    Group& group = groups_[what];
    group.count += theirs.count;
    for (const std::string& example : theirs.examples) {
      if (group.examples.size() < kExamples) group.examples.push_back(example);
    }
  }
}

std::vector<std::string> Notes::lines() const {
  std::vector<std::string> lines;
  for (const auto& [what, group] : groups_) {
    std::string line = fmt::format("{} {}: {}", group.count, what, fmt::join(group.examples, ", "));
    const size_t more = group.count - group.examples.size();
    if (more > 0) line += fmt::format(" and {} more", more);
    lines.push_back(std::move(line));
  }
  return lines;
}

DatasetView view_of(const Dataset& dataset) {
  return {dataset.classes, {}, [&dataset](const DatasetView::Visit& visit) -> Status {
            for (const Prediction& image : dataset.images) PRETAG_TRY(visit(image));
            return {};
          }};
}

Status finish_dataset(Dataset& dataset, const std::vector<ImageSize>& sizes) {
  std::ranges::sort(dataset.images, {}, &Prediction::filename);
  const std::string* last = nullptr;
  for (Prediction& image : dataset.images) {
    PRETAG_TRY(check_filename(image.filename));
    if (last != nullptr && *last == image.filename) {
      return corrupt(fmt::format("the image \"{}\" occurs twice", one_line(image.filename)));
    }
    last = &image.filename;
    if (const ImageSize* size = find_size(sizes, image.filename); size != nullptr && image.width == 0) {
      image.width = size->width, image.height = size->height;
    }
    std::ranges::stable_sort(image.detections, std::ranges::greater(), &Detection::score);
  }
  return {};
}

const ImageSize* find_size(const std::vector<ImageSize>& sizes, std::string_view filename) {
  const auto found = std::ranges::lower_bound(sizes, filename, {}, &ImageSize::filename);
  return found != sizes.end() && found->filename == filename ? &*found : nullptr;
}

Status require_size(const std::string& filename, int width, int height) {
  if (width > 0 && height > 0) return {};
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("{}: the size of this image is needed and not known; --sizes takes it from the images or "
                           "from a run",
                           one_line(filename))};
}

Result<size_t> class_number(const std::vector<std::string>& classes, const std::string& label) {
  const auto found = std::ranges::find(classes, label);
  if (found != classes.end()) return static_cast<size_t>(found - classes.begin());
  return Error{ErrorCode::kInvalidArgument, fmt::format("\"{}\" is none of the classes", one_line(label))};
}

Status add_class(std::vector<std::string>& classes, const std::string& label) {
  if (std::ranges::find(classes, label) != classes.end()) return {};
  if (label.empty() || !is_valid_utf8(label)) return corrupt("a class name is empty or not UTF-8");
  if (classes.size() == kMaxClasses) return corrupt(fmt::format("more than {} classes", kMaxClasses));
  classes.push_back(label);
  return {};
}

Result<std::string> read_text_file(const FileSystem& files, const std::string& path, size_t max_bytes) {
  PRETAG_ASSIGN(const auto bytes, files.read(path, max_bytes));
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace pretag
