#include "pretag/report/report_pictures.h"

#include <algorithm>
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
  std::vector<ReportCrop> crops;
  for (const SelectedObject& object : objects.selected) {
    if (crops.size() < kMostCrops) crops.push_back({object, {}});
  }
  std::vector<ReportCrop*> by_image;
  for (ReportCrop& crop : crops) by_image.push_back(&crop);
  std::ranges::stable_sort(by_image, {}, [](const ReportCrop* crop) { return crop->object.filename; });
  for (ReportCrop* crop : by_image) {
    const Result<Image> image = load_crop(crop->object);
    if (!image) continue;
    auto picture = make_thumbnail(*image, kTileSide, kTileBytes);
    if (!picture) return picture.error().in(crop->object.filename);
    crop->picture = *std::move(picture);
  }
  std::erase_if(crops, [](const ReportCrop& crop) { return crop.picture.jpeg.empty(); });
  model.crops = std::move(crops);
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
