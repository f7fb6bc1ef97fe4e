// Boxes with labels, drawn on any canvas: into pictures, and over them in report.html.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "pretag/data/prediction.h"
#include "pretag/report/canvas.h"
#include "pretag/report/palette.h"

namespace pretag {

// Where a box and its label go, in pixels of the drawn picture.
struct PlacedDetection {
  std::string label;
  float score = 0;
  Rect box;
  Rect plate;        // background of the text; inside the picture
  std::string text;  // "person 0.98", cut to fit
};

struct DetectionLayout {
  double width = 0, height = 0;  // of the drawn picture
  double font_size = 0, line_width = 0;
  std::vector<PlacedDetection> detections;  // in the given order
};

// `detections` by falling score, in pixels of an image of image_width x image_height, which is drawn at width x height.
// Boxes are cut to the picture. Labels of good scores choose their place first: above the box, else inside or below it,
// wherever they cover the least of the labels already placed and of all boxes. One that would hide a box or another
// label anywhere is left out, with an empty plate and text: the colour tells the class.
DetectionLayout lay_out_detections(std::span<const Detection> detections, int image_width, int image_height,
                                   double width, double height);

// Each box and each label is a group with data-class, data-score and data-part ("box" or "label").
void draw_detections(Canvas& canvas, const DetectionLayout& layout, const Palette& palette);

}  // namespace pretag
