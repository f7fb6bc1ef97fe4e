#include "pretag/report/picture_map.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

namespace pretag {
namespace {

constexpr int kMostColumns = 10;
constexpr double kTileShape = 9.0 / 16;  // height / width
constexpr double kNarrowest = 0.4;       // width / height: a line of points is not cut finer than that

using Members = std::vector<const ScatterPoint*>;

class Grid {
 public:
  Grid(const std::vector<ScatterPoint>& points, int columns) : columns_(columns) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    double right = -kInfinity, bottom = kInfinity;
    left_ = kInfinity, top_ = -kInfinity;
    for (const ScatterPoint& point : points) {
      left_ = std::min(left_, point.umap[0]);
      right = std::max(right, point.umap[0]);
      bottom = std::min(bottom, point.umap[1]);
      top_ = std::max(top_, point.umap[1]);
    }
    tile_width_ = std::max({right - left_, kNarrowest * (top_ - bottom), 1e-9}) / columns;
    rows_ = std::max(1, static_cast<int>(std::ceil((top_ - bottom) / (tile_width_ * kTileShape))));
    for (const ScatterPoint& point : points) members_[part_of(point)].push_back(&point);
  }

  int columns() const { return columns_; }
  int rows() const { return rows_; }
  // By row and column.
  const std::map<std::pair<int, int>, Members>& members() const { return members_; }

 private:
  std::pair<int, int> part_of(const ScatterPoint& point) const {
    const double column = (point.umap[0] - left_) / tile_width_,
                 row = (top_ - point.umap[1]) / (tile_width_ * kTileShape);
    return {std::clamp(static_cast<int>(row), 0, rows_ - 1), std::clamp(static_cast<int>(column), 0, columns_ - 1)};
  }

  int columns_ = 0, rows_ = 0;
  double left_ = 0, top_ = 0, tile_width_ = 0;
  std::map<std::pair<int, int>, Members> members_;
};

const ScatterPoint& nearest_to_mean(const Members& members) {
  std::array<double, 2> mean = {};
  for (const ScatterPoint* point : members)
    for (size_t i = 0; i < 2; ++i) mean[i] += point->umap[i] / static_cast<double>(members.size());
  return **std::ranges::min_element(members, {}, [&](const ScatterPoint* point) {
    return std::hypot(point->umap[0] - mean[0], point->umap[1] - mean[1]);
  });
}

}  // namespace

PictureMap lay_out_picture_map(const std::vector<ScatterPoint>& points) {
  if (points.empty()) return {};
  int columns = kMostColumns;
  while (columns > 1 && Grid(points, columns).members().size() > kMostMapTiles) --columns;
  const Grid grid(points, columns);
  PictureMap map{grid.columns(), grid.rows(), {}};
  for (const auto& [part, members] : grid.members())
    map.tiles.push_back({.column = part.second,
                         .row = part.first,
                         .filename = nearest_to_mean(members).filename,
                         .images = static_cast<int64_t>(members.size()),
                         .selected = std::ranges::count_if(members, &ScatterPoint::selected)});
  return map;
}

}  // namespace pretag
