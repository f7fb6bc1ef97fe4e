#include "pretag/report/umap.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "pretag/report/random.h"

namespace pretag {
namespace {

constexpr uint64_t kSeed = 0x5eed'0000'0002;

struct Neighbor {
  double distance;
  uint32_t row;
  bool operator<(const Neighbor& other) const {
    return distance != other.distance ? distance < other.distance : row < other.row;
  }
};

// How much `to` belongs to the neighborhood of `from`: 0..1.
struct Edge {
  uint32_t from, to;
  double weight;
};

// Of each row the `count` nearest others, the nearest first.
std::vector<std::vector<Neighbor>> nearest_neighbors(const EmbeddingRows& rows, size_t count) {
  std::vector<std::vector<Neighbor>> neighbors(rows.size());
  const auto offer = [&](size_t row, const Neighbor& neighbor) {
    std::vector<Neighbor>& nearest = neighbors[row];  // a heap, the farthest first
    if (nearest.size() == count) {
      if (!(neighbor < nearest.front())) return;
      std::ranges::pop_heap(nearest, std::less{});
      nearest.pop_back();
    }
    nearest.push_back(neighbor);
    std::ranges::push_heap(nearest, std::less{});
  };
  for (size_t i = 0; i < rows.size(); ++i)
    for (size_t j = i + 1; j < rows.size(); ++j) {
      const double distance = distance_between(rows.row(i), rows.row(j));
      offer(i, {distance, static_cast<uint32_t>(j)});
      offer(j, {distance, static_cast<uint32_t>(i)});
    }
  for (std::vector<Neighbor>& nearest : neighbors) std::ranges::sort(nearest, std::less{});
  return neighbors;
}

// exp(-(distance - nearest) / sigma), with the sigma for which they sum up to log2 of their number (section 3.1).
std::vector<double> memberships(const std::vector<Neighbor>& neighbors) {
  constexpr int kBisections = 64;
  const auto other = std::ranges::find_if(neighbors, [](const Neighbor& neighbor) { return neighbor.distance > 0; });
  const double nearest = other == neighbors.end() ? 0 : other->distance;
  const double wanted = std::log2(static_cast<double>(neighbors.size()));
  std::vector<double> weights(neighbors.size());
  const auto weigh = [&](double sigma) {
    for (size_t i = 0; i < neighbors.size(); ++i)
      weights[i] = std::exp(-std::max(0.0, neighbors[i].distance - nearest) / sigma);
    return std::accumulate(weights.begin(), weights.end(), 0.0);
  };
  double low = 1e-6, high = 1e6;
  for (int i = 0; i < kBisections; ++i) {
    const double middle = std::sqrt(low * high);
    (weigh(middle) < wanted ? low : high) = middle;
  }
  weigh(high);
  return weights;
}

// In both directions alike: a + b - a b, where either or both see the other as a neighbor.
std::vector<Edge> neighbor_graph(const EmbeddingRows& rows, size_t count) {
  const auto neighbors = nearest_neighbors(rows, count);
  std::vector<Edge> edges;
  for (uint32_t row = 0; row < neighbors.size(); ++row) {
    const std::vector<double> weights = memberships(neighbors[row]);
    for (size_t k = 0; k < weights.size(); ++k) {
      edges.push_back({row, neighbors[row][k].row, weights[k]});
      edges.push_back({neighbors[row][k].row, row, weights[k]});
    }
  }
  std::ranges::stable_sort(edges, {}, [](const Edge& edge) { return std::pair(edge.from, edge.to); });
  size_t kept = 0;
  for (const Edge& edge : edges) {
    if (kept > 0 && edges[kept - 1].from == edge.from && edges[kept - 1].to == edge.to)
      edges[kept - 1].weight += edge.weight - edges[kept - 1].weight * edge.weight;
    else
      edges[kept++] = edge;
  }
  edges.resize(kept);
  return edges;
}

// Into -10..10, every point a little beside its place, so that equal ones can part.
std::vector<PlanePoint> scaled(std::vector<PlanePoint> points, Random& random) {
  constexpr double kHalfSide = 10, kJitter = 1e-3;
  double largest = 0;
  for (const PlanePoint& point : points) largest = std::max({largest, std::abs(point[0]), std::abs(point[1])});
  for (PlanePoint& point : points)
    for (double& value : point)
      value = (largest > 0 ? kHalfSide * value / largest : 0) + kJitter * (2 * random.unit() - 1);
  return points;
}

double limited(double gradient) { return std::clamp(gradient, -4.0, 4.0); }

// Cross entropy of the graph and the map, by stochastic gradient descent with negative samples (section 4.2).
class Layout {
 public:
  Layout(std::vector<PlanePoint>& points, Random& random) : points_(points), random_(random) {}

  void attract(const Edge& edge, double rate) {
    const auto [x, y] = difference(edge.from, edge.to);
    const double pull = -2 / (1 + x * x + y * y);
    move(edge.from, rate * limited(pull * x), rate * limited(pull * y));
    move(edge.to, -rate * limited(pull * x), -rate * limited(pull * y));
  }

  void repel(uint32_t row, double rate) {
    const auto other = static_cast<uint32_t>(random_.below(points_.size()));
    if (other == row) return;
    const auto [x, y] = difference(row, other);
    const double squared = x * x + y * y, push = 2 / ((0.001 + squared) * (1 + squared));
    move(row, rate * limited(push * x), rate * limited(push * y));
  }

 private:
  PlanePoint difference(uint32_t a, uint32_t b) const {
    return {points_[a][0] - points_[b][0], points_[a][1] - points_[b][1]};
  }
  void move(uint32_t row, double x, double y) {
    points_[row][0] += x;
    points_[row][1] += y;
  }

  std::vector<PlanePoint>& points_;
  Random& random_;
};

}  // namespace

std::vector<PlanePoint> umap(const EmbeddingRows& rows, const std::vector<PlanePoint>& start,
                             const UmapOptions& options) {
  if (rows.size() < 3) return start;
  const std::vector<Edge> edges = neighbor_graph(rows, std::min(options.neighbors, rows.size() - 1));
  Random random(kSeed);
  std::vector<PlanePoint> points = scaled(start, random);
  Layout layout(points, random);
  // An edge is used in as many of the epochs as its weight says.
  std::vector<double> due(edges.size());
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    const double rate = 1 - static_cast<double>(epoch) / options.epochs;
    for (size_t i = 0; i < edges.size(); ++i) {
      due[i] += edges[i].weight;
      if (due[i] < 1) continue;
      due[i] -= 1;
      layout.attract(edges[i], rate);
      for (int negative = 0; negative < options.negatives; ++negative) layout.repel(edges[i].from, rate);
    }
  }
  return points;
}

}  // namespace pretag
