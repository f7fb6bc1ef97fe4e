#include "pretag/report/detection_drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "pretag/report/text_layout.h"

namespace pretag {
namespace {

constexpr size_t kCrowded = 25;  // from so many boxes on, labels are drawn smaller

double overlap(const Rect& a, const Rect& b) {
  const double width = std::min(a.right(), b.right()) - std::max(a.x, b.x);
  const double height = std::min(a.bottom(), b.bottom()) - std::max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

// Cut to the picture; never thinner than a pixel, so that every detection can be seen.
Rect box_in_picture(const Box& box, double scale_x, double scale_y, double width, double height) {
  const auto clamp = [](double value, double limit) {
    return std::isfinite(value) ? std::clamp(value, 0.0, limit) : 0;
  };
  const double x1 = clamp(box.x1 * scale_x, width - 1), y1 = clamp(box.y1 * scale_y, height - 1);
  const double x2 = clamp(box.x2 * scale_x, width), y2 = clamp(box.y2 * scale_y, height);
  return {x1, y1, std::max(x2 - x1, 1.0), std::max(y2 - y1, 1.0)};
}

// The places a plate may take, the most usual first; all inside the picture.
std::array<Rect, 6> candidate_plates(const PlacedDetection& detection, const DetectionLayout& layout, double width,
                                     double height) {
  const Rect& box = detection.box;
  const double edge = layout.line_width / 2;
  const double left = box.x - edge, right = box.right() + edge - width;
  const double above = box.y + edge - height, below = box.bottom() - edge;
  const double inside_top = box.y + edge, inside_bottom = box.bottom() - edge - height;
  std::array<Rect, 6> places = {{{left, above, width, height},
                                 {left, inside_top, width, height},
                                 {left, below, width, height},
                                 {right, above, width, height},
                                 {left, inside_bottom, width, height},
                                 {right, below, width, height}}};
  for (Rect& place : places) {
    place.x = std::clamp(place.x, 0.0, std::max(layout.width - width, 0.0));
    place.y = std::clamp(place.y, 0.0, std::max(layout.height - height, 0.0));
  }
  return places;
}

// What a plate would lie over: pixels of labels and boxes, and whether that is too much of one: more than half of a
// box, or so much of a label that it cannot be read.
struct Cover {
  double cost = 0;
  bool hides = false;
};

Cover cover_of(const Rect& place, std::span<const PlacedDetection> detections) {
  Cover cover;
  const auto add = [&](const Rect& other, double weight, double most) {
    const double common = overlap(place, other);
    cover.cost += weight * common;
    cover.hides |= common > most * other.width * other.height;
  };
  for (const PlacedDetection& other : detections) {
    add(other.plate, 1, 0.1);
    add(other.box, 0.5, 0.5);
  }
  return cover;
}

// Nothing where every place would hide something.
std::optional<Rect> best_place(const std::array<Rect, 6>& places, std::span<const PlacedDetection> detections) {
  std::optional<Rect> best;
  double least = 0;
  for (const Rect& place : places) {
    const Cover cover = cover_of(place, detections);
    if (!cover.hides && (!best || cover.cost < least)) best = place, least = cover.cost;
  }
  return best;
}

void begin_part(Canvas& canvas, const PlacedDetection& detection, const char* part) {
  const std::string score = fmt::format("{:.2f}", detection.score);
  canvas.begin_group(
      {.title = detection.label + " " + score, .data = {{"class", detection.label}, {"score", score}, {"part", part}}});
}

}  // namespace

DetectionLayout lay_out_detections(std::span<const Detection> detections, int image_width, int image_height,
                                   double width, double height) {
  const double side = std::max(width, height);
  DetectionLayout layout{width, height, std::clamp(side / 75, 11.0, 18.0), std::clamp(side / 400, 2.5, 4.0), {}};
  if (detections.size() > kCrowded) layout.font_size = std::max(0.75 * layout.font_size, 10.0);
  const double scale_x = image_width > 0 ? width / image_width : 1;
  const double scale_y = image_height > 0 ? height / image_height : 1;
  const double padding = 0.35 * layout.font_size, plate_height = std::min(1.5 * layout.font_size, height);
  for (const Detection& detection : detections) {
    layout.detections.push_back({detection.label,
                                 detection.score,
                                 box_in_picture(detection.box_in_image, scale_x, scale_y, width, height),
                                 {},
                                 {}});
  }
  for (PlacedDetection& detection : layout.detections) {
    // The score is what must not be cut off.
    const std::string score = fmt::format(" {:.2f}", detection.score);
    const double room = std::min(0.4 * width, width - 2 * padding) - text_width(score, layout.font_size);
    const std::string text = fit_text(detection.label, std::max(room, 2 * layout.font_size), layout.font_size) + score;
    const double plate_width = std::min(text_width(text, layout.font_size) + 2 * padding, width);
    const auto place = best_place(candidate_plates(detection, layout, plate_width, plate_height), layout.detections);
    if (place) detection.plate = *place, detection.text = text;
  }
  return layout;
}

void draw_detections(Canvas& canvas, const DetectionLayout& layout, const Palette& palette) {
  // The best lie on top; all boxes below all labels.
  const std::vector<PlacedDetection> worst_first(layout.detections.rbegin(), layout.detections.rend());
  for (const PlacedDetection& detection : worst_first) {
    begin_part(canvas, detection, "box");
    // A dark edge around the line keeps it visible on a background of its own colour.
    canvas.outline(detection.box, Paint(Color{0, 0, 0}, 0.35), layout.line_width + 1.2);
    canvas.outline(detection.box, palette.color(detection.label), layout.line_width);
    canvas.end_group();
  }
  for (const PlacedDetection& detection : worst_first) {
    if (detection.text.empty()) continue;
    const Color color = palette.color(detection.label);
    begin_part(canvas, detection, "label");
    canvas.fill(detection.plate, color, 2);
    canvas.text(detection.plate.x + 0.35 * layout.font_size,
                detection.plate.y + detection.plate.height / 2 + 0.36 * layout.font_size, detection.text,
                {.size = layout.font_size, .paint = readable_on(color)});
    canvas.end_group();
  }
}

}  // namespace pretag
