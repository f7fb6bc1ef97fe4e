#include "pretag/cli/bench_frames.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "pretag/cli/spread_names.h"
#include "pretag/data/run_config.h"
#include "pretag/image/decode.h"
#include "pretag/image/encode.h"
#include "pretag/source/folder_source.h"

namespace pretag {
namespace {

constexpr int kWidth = 1280, kHeight = 720;

void draw_box(Image& image, int left, int top, int width, int height, const uint8_t (&colour)[3]) {
  for (int y = top; y < std::min(top + height, image.height); ++y) {
    for (int x = left; x < std::min(left + width, image.width); ++x) std::copy_n(colour, 3, image.row(y) + x * 3);
  }
}

// A bright top, a dark bottom, boxes that are larger the lower they stand, and a camera's noise.
Image street() {
  Image image{.width = kWidth, .height = kHeight, .rgb = std::vector<uint8_t>(size_t{kWidth} * kHeight * 3)};
  std::mt19937 random(1);  // its numbers are the same everywhere; std's distributions' are not
  const auto below = [&](int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); };
  for (int y = 0; y < kHeight; ++y) {
    const auto level = static_cast<uint8_t>(220 - 160 * y / kHeight);
    std::fill_n(image.row(y), size_t{kWidth} * 3, level);
  }
  for (int i = 0; i < 40; ++i) {
    const int top = kHeight / 3 + below(kHeight / 2), size = 8 + (top - kHeight / 3) / 2;
    const uint8_t colour[3] = {static_cast<uint8_t>(below(256)), static_cast<uint8_t>(below(256)),
                               static_cast<uint8_t>(below(256))};
    draw_box(image, below(kWidth), top, size + below(size), size, colour);
  }
  for (uint8_t& value : image.rgb) value = static_cast<uint8_t>(std::clamp(value + below(17) - 8, 0, 255));
  return image;
}

}  // namespace

Result<BenchFrames> synthetic_frame() {
  constexpr int kQuality = 90;
  PRETAG_ASSIGN(auto bytes, encode_jpeg(street(), kQuality));
  return BenchFrames{.encoded = {std::move(bytes)},
                     .description = fmt::format("a synthetic frame, {}x{}", kWidth, kHeight)};
}

Result<BenchFrames> frames_of(const std::string& folder, size_t most) {
  PRETAG_ASSIGN(const auto source, open_folder_source(folder));
  PRETAG_ASSIGN(const std::vector<std::string> names, spread_names(*source, most));
  BenchFrames frames;
  std::string last_reason = "there is none";
  int width = 0, height = 0;
  for (const std::string& name : names) {
    auto bytes = source->read(name);
    const auto image = bytes ? decode_image(*bytes, {.max_pixels = RunConfig{}.max_image_pixels}) : bytes.error();
    if (!image) {
      last_reason = image.error().in(name).message;
      continue;
    }
    width = image->width, height = image->height;
    frames.encoded.push_back(*std::move(bytes));
  }
  if (frames.encoded.empty()) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("{}: no image to compute: {}", folder, last_reason)};
  }
  frames.description = fmt::format("{} of {}, the last {}x{}", frames.encoded.size(), folder, width, height);
  return frames;
}

}  // namespace pretag
