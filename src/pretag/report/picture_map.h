// The map of the embeddings in pictures: it is cut into equal parts, and each shows the image in its middle.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pretag/report/embedding_statistics.h"
#include "pretag/report/thumbnail.h"

namespace pretag {

inline constexpr size_t kMostMapTiles = 48;

struct MapTile {
  int column = 0, row = 0;           // from the left and from the top
  std::string filename;              // of the image that lies nearest to the mean of those in this part
  int64_t images = 0, selected = 0;  // how many of the points lie here, and were selected, now or earlier
  Thumbnail picture = {};

  double selected_share() const { return static_cast<double>(selected) / static_cast<double>(images); }
};

// Tiles are 16:9. Parts without an image have none.
struct PictureMap {
  int columns = 0, rows = 0;
  std::vector<MapTile> tiles;  // from the top to the bottom, each row from the left
};

// As fine as kMostMapTiles allows; the pictures are still to be made.
PictureMap lay_out_picture_map(const std::vector<ScatterPoint>& points);

}  // namespace pretag
