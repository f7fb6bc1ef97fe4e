// COCO labels from outside, also read as annotations of one well-formed set of labels.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pretag/formats/coco.h"

using namespace pretag;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto known = read_coco_labels(R"({"images": [{"id": 1, "file_name": "a", "width": 10, "height": 10}],
      "categories": [{"id": 1, "name": "car"}], "annotations": []})");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto labels = read_coco_labels(text);
  if (labels.ok()) {
    for (const LabelledImage& image : labels->labels.images) {
      for (const GroundTruth& object : image.objects) {
        const Box& box = object.box_in_image;
        if (!(box.x1 <= box.x2 && box.y1 <= box.y2 && object.area >= 0)) std::abort();
      }
    }
  } else if (labels.error().message.empty()) {
    std::abort();
  }
  const auto annotations = read_coco_annotations(text, *known);
  if (annotations.ok() && annotations->size() != 1) std::abort();
  return 0;
}
