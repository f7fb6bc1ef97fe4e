#include "pretag/report/report_pictures.h"

#include <utility>

#include "pretag/report/debug_image.h"
#include "pretag/report/palette.h"

namespace pretag {
namespace {

Result<Thumbnail> thumbnail_of(const std::string& filename, const LoadImage& load, int most_side = kSmallSide,
                               size_t most_bytes = kSmallBytes) {
  const Result<Image> image = load(filename);
  if (!image) return Thumbnail{};
  auto thumbnail = make_thumbnail(*image, most_side, most_bytes);
  if (!thumbnail) return thumbnail.error().in(filename);
  return thumbnail;
}

}  // namespace

Status add_debug_images(ReportModel& model, const std::vector<DebugChoice>& choices, const LoadImage& load) {
  const Palette palette = palette_of(model);
  for (const DebugChoice& choice : choices) {
    const Result<Image> image = load(choice.filename);
    if (!image) {
      ++model.debug_images_unavailable;
      continue;
    }
    auto debug_image = make_debug_image(choice, *image, palette);
    if (!debug_image) return debug_image.error().in(choice.filename);
    model.debug_images.push_back(*std::move(debug_image));
  }
  return {};
}

Status add_rare_classes(ReportModel& model, const std::vector<RareChoice>& choices, const LoadImage& load) {
  for (const RareChoice& choice : choices) {
    RareClass rare{choice.class_name, {}};
    for (const DebugChoice& picture : choice.pictures) {
      const Result<Image> image = load(picture.filename);
      if (!image) continue;
      auto small = make_small_image(picture, *image);
      if (!small) return small.error().in(picture.filename);
      rare.pictures.push_back(*std::move(small));
    }
    if (!rare.pictures.empty()) model.rare_classes.push_back(std::move(rare));
  }
  return {};
}

Status add_picture_map(ReportModel& model, const LoadImage& load) {
  model.map = lay_out_picture_map(model.embeddings.input_points);
  for (MapTile& tile : model.map.tiles) {
    PRETAG_ASSIGN(tile.picture, thumbnail_of(tile.filename, load, kTileSide, kTileBytes));
  }
  std::erase_if(model.map.tiles, [](const MapTile& tile) { return tile.picture.jpeg.empty(); });
  return {};
}

Status add_crops(ReportModel& model, const ObjectSelection& objects, const LoadCrop& load_crop) {
  for (const SelectedObject& object : objects.selected) {
    if (model.crops.size() == kMostCrops) break;
    const Result<Image> crop = load_crop(object);
    if (!crop) continue;
    auto picture = make_thumbnail(*crop, kTileSide, kTileBytes);
    if (!picture) return picture.error().in(object.filename);
    model.crops.push_back({object, *std::move(picture)});
  }
  return {};
}

Status add_example_pairs(ReportModel& model, const LoadImage& load) {
  for (const CoveredImage& images : model.embeddings.examples) {
    ExamplePair pair{images, {}, {}};
    PRETAG_ASSIGN(pair.removed, thumbnail_of(images.removed, load));
    PRETAG_ASSIGN(pair.kept, thumbnail_of(images.kept, load));
    model.example_pairs.push_back(std::move(pair));
  }
  return {};
}

}  // namespace pretag
