// Tables and labels from outside. The first byte says which: 'c' CSV, 'k' KITTI, else YOLO with scores.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pretag/formats/kitti.h"
#include "pretag/formats/predictions_csv.h"
#include "pretag/formats/yolo.h"

using namespace pretag;

namespace {

void check(const std::vector<Detection>& detections) {
  for (const Detection& detection : detections) {
    const Box& box = detection.box_in_image;
    const bool score = detection.score >= 0 && detection.score <= 1;
    if (!score || !std::isfinite(box.area()) || !(box.x1 <= box.x2 && box.y1 <= box.y2)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'c') {
    const auto dataset = read_csv_text(text);
    if (!dataset) return 0;
    for (const Prediction& image : dataset->images) check(image.detections);
    return 0;
  }
  const auto detections =
      data[0] == 'k' ? read_kitti_objects(text) : read_yolo_detections(text, {"car", "bus"}, 640, 480);
  if (detections.ok()) check(*detections);
  return 0;
}
