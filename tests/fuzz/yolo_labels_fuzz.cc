// YOLO's files from outside. The first byte says which: class names as YAML, as a list, the shape of
// keypoints in YAML, poses with two keypoints, or objects.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pretag/formats/yolo.h"

using namespace pretag;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<std::string> kClasses = {"person", "car"};
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'y' || data[0] == 'n') {
    const auto names = read_yolo_class_names(text, data[0] == 'y' ? "data.yaml" : "classes.txt");
    if (names.ok() ? names->empty() : names.error().message.empty()) std::abort();
    return 0;
  }
  if (data[0] == 'k') {
    const auto numbers = read_yolo_keypoint_numbers(text);
    if (!numbers.ok() && numbers.error().message.empty()) std::abort();
    return 0;
  }
  const auto objects = read_yolo_objects(text, kClasses, 640, 480, data[0] == 'p' ? 6 : 0);
  if (!objects) return 0;
  for (const GroundTruth& object : *objects) {
    const Box& box = object.box_in_image;
    if (!(box.x1 >= 0 && box.x1 <= box.x2 && box.x2 <= 640 && box.y1 >= 0 && box.y1 <= box.y2 && box.y2 <= 480))
      std::abort();
  }
  return 0;
}
