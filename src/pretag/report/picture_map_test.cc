#include "pretag/report/picture_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace pretag {
namespace {

ScatterPoint point(const std::string& name, double x, double y, bool selected = false) {
  return {.filename = name, .umap = {x, y}, .selected = selected};
}

const MapTile* tile_with(const PictureMap& map, const std::string& name) {
  for (const MapTile& tile : map.tiles)
    if (tile.filename == name) return &tile;
  return nullptr;
}

TEST(PictureMap, IsEmptyWithoutPoints) {
  EXPECT_TRUE(lay_out_picture_map({}).tiles.empty());
  EXPECT_EQ(lay_out_picture_map({}).columns, 0);
}

TEST(PictureMap, HasOneTileWhereAllPointsAreTheSame) {
  const PictureMap map = lay_out_picture_map({point("a", 3, 3), point("b", 3, 3, true), point("c", 3, 3)});
  ASSERT_EQ(map.tiles.size(), 1u);
  EXPECT_EQ(map.rows, 1);
  EXPECT_EQ(map.tiles[0].images, 3);
  EXPECT_EQ(map.tiles[0].selected, 1);
  EXPECT_NEAR(map.tiles[0].selected_share(), 1.0 / 3, 1e-9);
}

TEST(PictureMap, PutsWhatLiesLeftOnTheLeftAndWhatLiesHighOnTop) {
  const PictureMap map = lay_out_picture_map(
      {point("left low", 0, 0), point("right high", 16, 9), point("left high", 0, 9), point("right low", 16, 0)});
  EXPECT_EQ(map.columns, 10);
  ASSERT_EQ(map.tiles.size(), 4u);
  const MapTile *left_low = tile_with(map, "left low"), *right_high = tile_with(map, "right high");
  ASSERT_TRUE(left_low != nullptr && right_high != nullptr);
  EXPECT_EQ(std::pair(left_low->column, left_low->row), std::pair(0, map.rows - 1));
  EXPECT_EQ(std::pair(right_high->column, right_high->row), std::pair(map.columns - 1, 0));
}

TEST(PictureMap, ShowsTheMiddleOfEachPart) {
  // Of three that lie close together, far from a fourth, the one in the middle.
  const PictureMap map =
      lay_out_picture_map({point("a", 0, 0), point("b", 0.1, 0), point("c", 0.2, 0), point("far", 100, 0)});
  ASSERT_EQ(map.tiles.size(), 2u);
  EXPECT_EQ(map.tiles[0].filename, "b");
  EXPECT_EQ(map.tiles[0].images, 3);
}

TEST(PictureMap, HasNoMoreTilesThanAPageTakes) {
  std::vector<ScatterPoint> square, line;
  for (int i = 0; i < 2000; ++i) {
    square.push_back(point(std::to_string(i), std::fmod(i * 0.618, 1), std::fmod(i * 0.4142, 1)));
    line.push_back(point(std::to_string(i), 1e-6 * (i % 2), i));
  }
  for (const auto& points : {square, line}) {
    const PictureMap map = lay_out_picture_map(points);
    EXPECT_LE(map.tiles.size(), kMostMapTiles);
    EXPECT_GE(map.tiles.size(), 8u);
    int64_t images = 0;
    std::set<std::pair<int, int>> places;
    for (const MapTile& tile : map.tiles) {
      images += tile.images;
      places.insert({tile.column, tile.row});
      EXPECT_LT(tile.column, map.columns);
      EXPECT_LT(tile.row, map.rows);
    }
    EXPECT_EQ(images, 2000);
    EXPECT_EQ(places.size(), map.tiles.size());
  }
}

}  // namespace
}  // namespace pretag
