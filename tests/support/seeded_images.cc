#include "support/seeded_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "support/counter_hash.h"

namespace pretag {

namespace {

constexpr int kShapes = 28, kFirstShapeDraw = 6, kDrawsPerShape = 12, kNoise = 25;
using Colour = std::array<int64_t, 3>;

// The stream of numbers that a picture is drawn from.
struct Draws {
  uint64_t key;

  int64_t below(uint64_t at, int64_t bound) const {
    return static_cast<int64_t>(counter_hash(key, at) % static_cast<uint64_t>(bound));
  }
  Colour colour(uint64_t at) const { return {below(at, 256), below(at + 1, 256), below(at + 2, 256)}; }
};

struct Shape {
  bool is_ellipse;
  int64_t stripe_width, stripe_slope, centre_x, centre_y, radius_x, radius_y;
  std::array<Colour, 2> colours;

  Shape(const Draws& draws, int index, int width, int height) {
    const uint64_t at = kFirstShapeDraw + static_cast<uint64_t>(index) * kDrawsPerShape;
    // Large shapes first, small ones over them.
    const auto largest = [&](int64_t side) { return std::max<int64_t>(1, side * (kShapes - index) / (2 * kShapes)); };
    is_ellipse = draws.below(at, 2) == 1;
    stripe_width = 2 + draws.below(at + 1, 30);
    stripe_slope = index % 4;
    centre_x = draws.below(at + 2, width);
    centre_y = draws.below(at + 3, height);
    radius_x = 2 + draws.below(at + 4, largest(width));
    radius_y = 2 + draws.below(at + 5, largest(height));
    colours = {draws.colour(at + 6), draws.colour(at + 9)};
  }

  bool contains(int64_t x, int64_t y) const {
    const int64_t dx = std::abs(x - centre_x), dy = std::abs(y - centre_y);
    if (!is_ellipse) return dx <= radius_x && dy <= radius_y;
    const auto square = [](int64_t v) { return v * v; };
    return square(dx * radius_y) + square(dy * radius_x) <= square(radius_x * radius_y);
  }

  const Colour& colour_at(int64_t x, int64_t y) const {
    return colours[static_cast<size_t>((x + y * stripe_slope) / stripe_width % 2)];
  }
};

}  // namespace

Image make_seeded_image(int width, int height, int seed) {
  const Draws draws{fnv1a(fmt::format("image/{}x{}/{}", width, height, seed))};
  const Draws noise{fnv1a(fmt::format("noise/{}x{}/{}", width, height, seed))};
  const Colour top = draws.colour(0), bottom = draws.colour(3);
  std::vector<Shape> shapes;
  for (int i = 0; i < kShapes; ++i) shapes.emplace_back(draws, i, width, height);

  Image image{width, height, std::vector<uint8_t>(static_cast<size_t>(width) * height * 3)};
  size_t at = 0;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const auto last = std::find_if(shapes.rbegin(), shapes.rend(), [&](const Shape& s) { return s.contains(x, y); });
      for (size_t c = 0; c < 3; ++c, ++at) {
        const int64_t gradient = (top[c] * (height - y) + bottom[c] * y) / height;
        const int64_t value = last == shapes.rend() ? gradient : last->colour_at(x, y)[c];
        image.rgb[at] = static_cast<uint8_t>(std::clamp<int64_t>(value + noise.below(at, kNoise) - kNoise / 2, 0, 255));
      }
    }
  }
  return image;
}

}  // namespace pretag
