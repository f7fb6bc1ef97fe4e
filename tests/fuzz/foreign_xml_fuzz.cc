// Other tools' XML from outside. The first byte says which: 'v' a file of Pascal VOC, else CVAT for images.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pretag/formats/cvat.h"
#include "pretag/formats/voc.h"

using namespace pretag;

namespace {

void check(const Prediction& image) {
  for (const Detection& detection : image.detections) {
    const Box& box = detection.box_in_image;
    const bool score = detection.score >= 0 && detection.score <= 1;
    if (!score || !std::isfinite(box.area()) || !(box.x1 <= box.x2 && box.y1 <= box.y2)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'v') {
    const auto image = read_voc_file(text, "folder");
    if (image.ok()) check(*image);
    return 0;
  }
  const auto dataset = read_cvat_text(text);
  if (!dataset) return 0;
  for (const Prediction& image : dataset->images) check(image);
  return 0;
}
