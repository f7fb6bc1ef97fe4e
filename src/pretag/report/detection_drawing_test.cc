#include "pretag/report/detection_drawing.h"

#include <gtest/gtest.h>

#include "pretag/report/cairo_canvas.h"
#include "pretag/report/svg_canvas.h"
#include "support/markup_check.h"
#include "support/report_samples.h"

namespace pretag {
namespace {

using Detections = std::vector<Detection>;

Image grey_picture(int width, int height) {
  return {width, height, std::vector<uint8_t>(static_cast<size_t>(width) * height * 3, 128)};
}

Color pixel(const Image& image, int x, int y) {
  const uint8_t* rgb = image.row(y) + static_cast<ptrdiff_t>(x) * 3;
  return {rgb[0], rgb[1], rgb[2]};
}

bool overlaps(const Rect& a, const Rect& b) {
  return a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom();
}

TEST(DrawDetections, PaintsTheEdgesOfTheBoxInTheColourOfItsClass) {
  const Palette palette({"car", "person"});
  const Detections detections{make_detection("car", 0.9f, {100, 150, 300, 350})};
  const auto image = draw_over(grey_picture(640, 480), [&](Canvas& canvas) {
    draw_detections(canvas, lay_out_detections(detections, 640, 480, 640, 480), palette);
  });
  ASSERT_TRUE(image) << image.error().message;
  const Color blue = palette.color("car");
  EXPECT_EQ(pixel(*image, 100, 250), blue);  // left
  EXPECT_EQ(pixel(*image, 300, 250), blue);  // right
  EXPECT_EQ(pixel(*image, 290, 150), blue);  // top, right of the label
  EXPECT_EQ(pixel(*image, 200, 350), blue);  // bottom
  EXPECT_EQ(pixel(*image, 200, 250), (Color{128, 128, 128}));
  EXPECT_EQ(pixel(*image, 50, 50), (Color{128, 128, 128}));
}

TEST(DrawDetections, ScalesBoxesFromTheOriginalToTheDrawnPicture) {
  const DetectionLayout layout =
      lay_out_detections(Detections{make_detection("car", 0.9f, {400, 200, 800, 600})}, 4000, 2000, 1000, 500);
  EXPECT_DOUBLE_EQ(layout.detections[0].box.x, 100);
  EXPECT_DOUBLE_EQ(layout.detections[0].box.y, 50);
  EXPECT_DOUBLE_EQ(layout.detections[0].box.width, 100);
  EXPECT_DOUBLE_EQ(layout.detections[0].box.height, 100);
}

TEST(LayOutDetections, KeepsBoxesAndLabelsInsideThePicture) {
  const Detections detections{
      make_detection("car", 0.9f, {-50, -50, 2000, 2000}), make_detection("person", 0.8f, {0, 0, 10, 10}),
      make_detection("motorcycle", 0.7f, {630, 0, 640, 20}), make_detection("bus", 0.6f, {600, 470, 640, 480}),
      make_detection(std::string(400, 'w'), 0.6f, {300, 200, 310, 210})};
  for (const auto& [width, height] : {std::pair{640.0, 480.0}, {40.0, 30.0}, {1280.0, 1.0}, {1.0, 1.0}}) {
    const DetectionLayout layout = lay_out_detections(detections, 640, 480, width, height);
    ASSERT_EQ(layout.detections.size(), detections.size());
    for (const PlacedDetection& placed : layout.detections) {
      for (const Rect& rect : {placed.box, placed.plate}) {
        EXPECT_GE(rect.x, 0);
        EXPECT_GE(rect.y, 0);
        EXPECT_LE(rect.right(), width + 1e-6) << placed.label << " in " << width;
        EXPECT_LE(rect.bottom(), height + 1e-6) << placed.label << " in " << height;
      }
    }
  }
}

TEST(LayOutDetections, KeepsLabelsApartWhereThereIsRoom) {
  const Detections detections(4, make_detection("person", 0.9f, {300, 200, 500, 400}));
  const DetectionLayout layout = lay_out_detections(detections, 1000, 800, 1000, 800);
  for (size_t i = 0; i < layout.detections.size(); ++i)
    for (size_t k = 0; k < i; ++k)
      EXPECT_FALSE(overlaps(layout.detections[i].plate, layout.detections[k].plate)) << i << " and " << k;
}

TEST(LayOutDetections, LeavesOutLabelsThatWouldHideBoxes) {
  // A street of parked cars, each smaller than a label.
  Detections detections;
  for (int row = 0; row < 6; ++row) {
    for (int i = 0; i < 20; ++i) {
      const float x = 20 + 30 * static_cast<float>(i), y = 100 + 14 * static_cast<float>(row);
      detections.push_back(make_detection("car", 0.9f, {x, y, x + 26, y + 12}));
    }
  }
  detections.push_back(make_detection("bus", 0.6f, {300, 300, 400, 400}));
  const DetectionLayout layout = lay_out_detections(detections, 640, 480, 640, 480);
  size_t labels = 0;
  for (const PlacedDetection& placed : layout.detections) {
    labels += placed.text.empty() ? 0 : 1;
    EXPECT_EQ(placed.text.empty(), placed.plate.width == 0);
    for (const PlacedDetection& other : layout.detections) {
      const Rect &plate = placed.plate, &box = other.box;
      const double across = std::min(plate.right(), box.right()) - std::max(plate.x, box.x);
      const double down = std::min(plate.bottom(), box.bottom()) - std::max(plate.y, box.y);
      EXPECT_LE(std::max(across, 0.0) * std::max(down, 0.0), 0.5 * box.width * box.height + 1e-6);
    }
  }
  EXPECT_GT(labels, 5u);
  EXPECT_LT(labels, detections.size());
  EXPECT_EQ(layout.detections.back().text, "bus 0.60");
}

TEST(LayOutDetections, WritesScoresWithTwoDecimalsWhateverTheNameIs) {
  const DetectionLayout layout = lay_out_detections(
      Detections{make_detection("car", 0.984f), make_detection(std::string(300, 'x'), 0.5f)}, 1000, 500, 1000, 500);
  EXPECT_EQ(layout.detections[0].text, "car 0.98");
  EXPECT_TRUE(layout.detections[1].text.ends_with("… 0.50")) << layout.detections[1].text;
}

TEST(LayOutDetections, TakesBoxesThatAreNoNumbers) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const DetectionLayout layout =
      lay_out_detections(Detections{make_detection("car", 0.9f, {nan, nan, nan, nan})}, 640, 480, 640, 480);
  EXPECT_EQ(layout.detections[0].box.width, 1);
}

TEST(DrawDetections, IsTheSameDrawingAsSvgWithDataForScripts) {
  const Detections detections{make_detection("дорожный <знак>", 0.75f)};
  SvgCanvas canvas;
  draw_detections(canvas, lay_out_detections(detections, 1000, 500, 1000, 500), Palette({"дорожный <знак>"}));
  const std::string svg = "<svg>" + canvas.elements() + "</svg>";
  EXPECT_EQ(check_markup(svg).problem, "");
  EXPECT_NE(svg.find("data-class=\"дорожный &lt;знак&gt;\" data-score=\"0.75\" data-part=\"box\""), std::string::npos);
  EXPECT_NE(svg.find("data-part=\"label\""), std::string::npos);
}

}  // namespace
}  // namespace pretag
