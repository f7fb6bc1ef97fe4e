// Other tools' JSON from outside. The first byte says which: 'l' Label Studio, 'f' FiftyOne, 's' and 'i' the schema and
// an image of a Lightly task.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pretag/formats/fiftyone.h"
#include "pretag/formats/label_studio.h"
#include "pretag/formats/lightly_dataset.h"

using namespace pretag;

namespace {

void check(const Prediction& image) {
  for (const Detection& detection : image.detections) {
    const Box& box = detection.box_in_image;
    const bool score = detection.score >= 0 && detection.score <= 1;
    if (!score || !std::isfinite(box.area()) || !(box.x1 <= box.x2 && box.y1 <= box.y2)) std::abort();
  }
}

void check(const Result<Dataset>& dataset) {
  if (!dataset) return;
  for (const Prediction& image : dataset->images) check(image);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  static const std::vector<ImageSize> kSizes = {{"a.jpg", 640, 480}, {"b/c.png", 20, 10}};
  switch (data[0]) {
    case 'l':
      check(read_label_studio_text(text, "https://x.org/"));
      break;
    case 'f':
      check(read_fiftyone_text(text, "", kSizes));
      break;
    case 's':
      (void)read_lightly_schema(text).ok();
      break;
    default: {
      const auto image = read_lightly_image(text, {{0, "car"}, {7, "bus"}});
      if (image.ok()) check(*image);
    }
  }
  return 0;
}
