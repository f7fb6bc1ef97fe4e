#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>

#include "pretag/report/detection_drawing.h"
#include "pretag/report/pdf_sections.h"
#include "pretag/report/plots.h"
#include "pretag/report/report_words.h"
#include "pretag/report/text.h"
#include "pretag/report/text_layout.h"

namespace pretag {
namespace {

constexpr double kCaptionSize = 7.5, kCaptionHeight = 16, kTallest = 230;

// A picture with what stands below it. Boxes are drawn over it if `image` says so.
struct Tile {
  std::span<const std::byte> jpeg;
  int width = 0, height = 0;  // shape of the picture; nothing is known where both are 0
  const DebugImage* boxes = nullptr;
  std::string caption, above = {};
  bool has_labels = true;  // of the boxes
  bool in_square = false;  // no taller than it may be wide
};

Rect fit_into(const Tile& tile, double width) {
  if (tile.width <= 0 || tile.height <= 0) return {0, 0, width, width * 3 / 4};
  const double scale = std::min(width / tile.width, (tile.in_square ? width : kTallest) / tile.height);
  return {0, 0, tile.width * scale, tile.height * scale};
}

// Laid out in pixels of 0.56 points, so that letters and lines are large beside the picture.
void draw_boxes(PdfDocument& document, const Tile& tile, const Palette& palette, const Rect& place) {
  constexpr double kPoint = 0.56;
  const DebugImage& image = *tile.boxes;
  const DetectionLayout layout =
      lay_out_detections(image.detections, image.width, image.height, place.width / kPoint, place.height / kPoint);
  document.draw(
      [&](Canvas& canvas) {
        if (tile.has_labels) {
          draw_detections(canvas, layout, palette);
          return;
        }
        for (const PlacedDetection& detection : layout.detections)
          canvas.outline(detection.box, palette.color(detection.label), layout.line_width);
      },
      place.x, place.y, kPoint);
}

// `x` and `y` are those of the tile's left upper corner; pictures of a row stand on one line, `picture_height` below.
void draw_tile(PdfDocument& document, const Tile& tile, const Palette& palette, double x, double y, double width,
               double picture_height) {
  Canvas& canvas = document.canvas();
  Rect place = fit_into(tile, width);
  place.x = x;
  place.y = y + picture_height - place.height;
  if (tile.jpeg.empty()) {
    canvas.fill(place, Tone::kGrid, 3);
    canvas.text(place.x + place.width / 2, place.y + place.height / 2, "could not be opened again",
                {.size = kCaptionSize, .anchor = Anchor::kMiddle, .paint = Tone::kMuted});
  } else {
    document.draw_jpeg(tile.jpeg, place);
  }
  if (tile.boxes != nullptr) draw_boxes(document, tile, palette, place);
  canvas.text(x, place.bottom() + kCaptionSize + 4, fit_path(tile.caption, width, kCaptionSize),
              {.size = kCaptionSize, .paint = Tone::kMuted});
  if (!tile.above.empty()) canvas.text(x, place.y - 4, tile.above, {.size = kCaptionSize, .paint = Tone::kMuted});
}

// Of a tile, where there are so many in a row.
double width_of(size_t a_row) {
  return (PdfFlow::kWidth - static_cast<double>(a_row - 1) * PdfFlow::kGap) / static_cast<double>(a_row);
}

double tallest_of(std::span<const Tile> tiles, double width) {
  double tallest = 0;
  for (const Tile& tile : tiles) tallest = std::max(tallest, fit_into(tile, width).height);
  return tallest;
}

void add_rows(PdfFlow& flow, const std::vector<Tile>& tiles, size_t a_row, const Palette& palette, double above = 0) {
  const double width = width_of(a_row);
  for (size_t first = 0; first < tiles.size(); first += a_row) {
    const size_t last = std::min(first + a_row, tiles.size());
    const double tallest = tallest_of(std::span(tiles).subspan(first, last - first), width);
    flow.block(above + tallest + kCaptionHeight, [&](PdfDocument& document, const Rect& place) {
      for (size_t i = first; i < last; ++i)
        draw_tile(document, tiles[i], palette, place.x + static_cast<double>(i - first) * (width + PdfFlow::kGap),
                  place.y + above, width, tallest);
    });
  }
}

Tile tile_of(const DebugImage& image) {
  return {.jpeg = image.preview_jpeg,
          .width = image.width,
          .height = image.height,
          .boxes = &image,
          .caption = image.filename};
}

Tile tile_of(const Thumbnail& picture, const std::string& filename, const std::string& above) {
  return {.jpeg = picture.jpeg, .width = picture.width, .height = picture.height, .caption = filename, .above = above};
}

void add_legend(PdfFlow& flow, const ReportModel& model, const Palette& palette) {
  constexpr double kSize = 8.5, kLine = 14;
  std::set<std::string> names;
  for (const DebugImage& image : model.debug_images)
    for (const Detection& detection : image.detections) names.insert(detection.label);
  struct Entry {
    std::string text;
    Color color;
    double x = 0, y = 0;
  };
  std::vector<Entry> entries;
  double x = 0, y = 0;
  for (const std::string& name : names) {
    const std::string text = fit_text(name, PdfFlow::kWidth / 3, kSize);
    const double width = 13 + text_width(text, kSize) + 16;
    if (x + width > PdfFlow::kWidth) x = 0, y += kLine;
    entries.push_back({text, palette.color(name), x, y});
    x += width;
  }
  if (entries.empty()) return;
  flow.block(y + kLine, [&](PdfDocument& document, const Rect& place) {
    for (const Entry& entry : entries) {
      document.canvas().fill({place.x + entry.x, place.y + entry.y, 8, 8}, entry.color, 2);
      document.canvas().text(place.x + entry.x + 13, place.y + entry.y + 7.5, entry.text, {.size = kSize});
    }
  });
}

}  // namespace

void pdf_picture_map(PdfFlow& flow, const ReportModel& model) {
  const PictureMap& map = model.map;
  if (map.tiles.empty()) return;
  // So low that it has room below the map of dots.
  constexpr double kShape = 9.0 / 16, kGutter = 2, kHighest = 240, kBar = 2.5, kCaption = 50;
  const double width = std::min(PdfFlow::kWidth / map.columns, kHighest / (map.rows * kShape)), height = width * kShape;
  const double left = (PdfFlow::kWidth - width * map.columns) / 2, whole_height = height * map.rows + 6;
  const bool has_selection = model.selection.has_value();
  flow.subheading("The same in pictures", kCaption + whole_height);
  flow.paragraph(picture_map_caption(has_selection), PdfFlow::kMuted);
  flow.block(whole_height, [&](PdfDocument& document, const Rect& place) {
    for (const MapTile& tile : map.tiles) {
      const Rect cell{place.x + left + tile.column * width, place.y + tile.row * height, width - kGutter,
                      height - kGutter};
      const Thumbnail& picture = tile.picture;
      const double scale = std::min(cell.width / picture.width, cell.height / picture.height);
      const double shown_width = picture.width * scale, shown_height = picture.height * scale;
      document.draw_jpeg(picture.jpeg, {cell.x + (cell.width - shown_width) / 2,
                                        cell.y + (cell.height - shown_height) / 2, shown_width, shown_height});
      if (has_selection && tile.selected > 0)
        document.canvas().fill({cell.x, cell.bottom() - kBar, cell.width * tile.selected_share(), kBar}, Tone::kAccent);
    }
  });
}

void pdf_pairs(PdfFlow& flow, const ReportModel& model) {
  if (model.example_pairs.empty()) return;
  const Palette palette = palette_of(model);
  flow.heading("Left out, and why", 260);
  flow.paragraph(
      "Images that were left out, each beside the selected one that is most like it: from the most similar pair to the "
      "least.",
      PdfFlow::kMuted);
  for (const ExamplePair& pair : model.example_pairs) {
    const std::string distance = fmt::format("Left out, distance {}", format_decimal(pair.images.distance, 3));
    add_rows(flow,
             {tile_of(pair.kept, pair.images.kept, "Selected"), tile_of(pair.removed, pair.images.removed, distance)},
             2, palette, 12);
  }
}

void pdf_objects(PdfFlow& flow, const ReportModel& model) {
  if (!has_selected_objects(model)) return;
  const ReportObjects& objects = *model.selection->objects;
  flow.heading("The selected objects", 260);
  for (const Chart& part : selected_objects_histogram_parts(model, kPdfChartWidth)) flow.chart(part);
  if (model.crops.empty()) return;
  std::vector<Tile> tiles;
  for (const ReportCrop& crop : model.crops) {
    const std::string what = fmt::format("{} {}", crop.object.label, format_decimal(crop.object.score));
    tiles.push_back(tile_of(crop.picture, crop.object.filename, what));
    tiles.back().in_square = true;
  }
  const auto shown = static_cast<int64_t>(tiles.size());
  flow.subheading(shown == objects.selected ? "In the order they were chosen"
                                            : fmt::format("The first {} that were chosen", format_count(shown)),
                  120);
  add_rows(flow, tiles, 6, palette_of(model), 12);
}

void pdf_rare(PdfFlow& flow, const ReportModel& model) {
  if (model.rare_classes.empty()) return;
  const Palette palette = palette_of(model);
  flow.heading("Rare classes", 200);
  for (const RareClass& rare : model.rare_classes) {
    std::string line =
        fmt::format("{}: {}", rare.name, format_counted(model.input.objects_of(rare.name), "object", "objects"));
    if (const std::string chosen = selected_of_class(model, rare.name); !chosen.empty()) line += ", " + chosen;
    constexpr size_t kARow = 4;
    std::vector<Tile> tiles;
    for (const DebugImage& picture : rare.pictures) {
      tiles.push_back(tile_of(picture));
      tiles.back().has_labels = false;  // all are of one class, which stands above
    }
    flow.subheading(line, tallest_of(tiles, width_of(kARow)) + 2 * kCaptionHeight);  // never without pictures below it
    add_rows(flow, tiles, kARow, palette);
  }
}

void pdf_examples(PdfFlow& flow, const ReportModel& model) {
  if (model.debug_images.empty()) return;
  constexpr size_t kMostPictures = 16;
  const Palette palette = palette_of(model);
  flow.heading("Examples", 260);
  add_legend(flow, model, palette);
  std::vector<Tile> tiles;
  for (const DebugImage& image : model.debug_images)
    if (tiles.size() < kMostPictures) tiles.push_back(tile_of(image));
  add_rows(flow, tiles, 2, palette);
  if (model.debug_images.size() > kMostPictures)
    flow.paragraph(fmt::format("{} of {}; data/bounding_boxes_examples holds all of them.", kMostPictures,
                               format_counted(static_cast<int64_t>(model.debug_images.size()), "picture", "pictures")),
                   PdfFlow::kMuted);
}

}  // namespace pretag
