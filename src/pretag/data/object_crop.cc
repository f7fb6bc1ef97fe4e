#include "pretag/data/object_crop.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace pretag {
namespace {

struct Pixels {
  int first = 0, count = 1;
};

// Those between two coordinates of a side of `size` pixels.
Pixels pixels_between(double from, double to, double padding, int size) {
  const double margin = (to - from) * padding / 2;
  const auto inside = [&](double value) { return std::isnan(value) ? 0.0 : std::clamp(value, 0.0, double(size)); };
  const int first = std::min(static_cast<int>(std::floor(inside(from - margin))), size - 1);
  const int end = static_cast<int>(std::ceil(inside(to + margin)));
  return {first, std::max(end - first, 1)};
}

}  // namespace

std::string crop_name(std::string_view image, std::string_view task, int64_t index) {
  return fmt::format("{}{:03}.png", crop_name_prefix(image, task), index);
}

std::string_view prefix_of_crop_name(std::string_view name) { return name.substr(0, name.rfind('-') + 1); }

std::string crop_name_prefix(std::string_view image, std::string_view task) {
  const size_t dot = image.rfind('.'), slash = image.rfind('/');
  const bool has_extension = dot != std::string_view::npos && (slash == std::string_view::npos || dot > slash);
  const std::string_view stem = image.substr(0, has_extension ? dot : image.size());
  const std::string_view extension = has_extension ? image.substr(dot + 1) : "";
  std::string plain_task(task);
  std::ranges::replace(plain_task, '/', '_');
  return fmt::format("{}-{}-{}-", stem, extension, plain_task);
}

CropRectangle crop_rectangle(const Box& box, double padding, int image_width, int image_height) {
  const Pixels across = pixels_between(box.x1, box.x2, padding, image_width);
  const Pixels down = pixels_between(box.y1, box.y2, padding, image_height);
  return {across.first, down.first, across.count, down.count};
}

}  // namespace pretag
