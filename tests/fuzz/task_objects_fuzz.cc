// Predictions from outside: the first line is a task's schema, the rest an image's file.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/data/object_crop.h"
#include "pretag/formats/prediction_task.h"
#include "pretag/select/scores.h"

using namespace pretag;

namespace {

void check(const Error& error) {
  if (error.message.empty() || error.message.find('\n') != std::string::npos) std::abort();
}

void check(const Detection& object) {
  const Box& box = object.box_in_image;
  for (const float corner : {box.x1, box.y1, box.x2, box.y2}) {
    if (!std::isfinite(corner)) std::abort();
  }
  if (!(box.x1 <= box.x2 && box.y1 <= box.y2) || !(object.score >= 0 && object.score <= 1)) std::abort();
  const CropRectangle part = crop_rectangle(box, 0.5, 64, 48);
  const bool inside = part.x >= 0 && part.y >= 0 && part.width >= 1 && part.height >= 1 && part.x + part.width <= 64 &&
                      part.y + part.height <= 48;
  if (!inside) std::abort();
}

// Segments cover something, and their scores stay within their bounds.
void check(const std::vector<Detection>& objects, const PredictionTask& task) {
  for (const Detection& object : objects) {
    if (task.is_of_pixels ? object.pixels < 1 : object.pixels != 0) std::abort();
  }
  const ScoreOptions options{.classes = std::max<size_t>(task.classes.size(), 1), .of_pixels = task.is_of_pixels};
  for (const DetectionScore score : {DetectionScore::kUncertaintyLeastConfidence, DetectionScore::kUncertaintyMargin,
                                     DetectionScore::kUncertaintyEntropy}) {
    const double value = score_image(score, objects, options);
    if (!(value >= 0 && value <= 1)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t end = std::min(text.find('\n'), text.size());
  const auto task = read_prediction_task(text.substr(0, end));
  if (!task) return check(task.error()), 0;
  const auto objects = read_task_objects(text.substr(end), *task);
  if (!objects) return check(objects.error()), 0;
  for (const Detection& object : *objects) check(object);
  check(*objects, *task);
  return 0;
}
