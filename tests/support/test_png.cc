#include <png.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <stdexcept>

#include "support/test_images.h"

namespace pretag {
namespace {

using Colours = PngKind::Colours;

void append(png_structp png, png_bytep data, size_t size) {
  auto& bytes = *static_cast<Bytes*>(png_get_io_ptr(png));
  const auto* first = reinterpret_cast<const std::byte*>(data);
  bytes.insert(bytes.end(), first, first + size);
}

[[noreturn]] void refuse(png_structp, png_const_charp message) { throw std::runtime_error(message); }

int colour_type(Colours colours) {
  switch (colours) {
    case Colours::kRgb:
      return PNG_COLOR_TYPE_RGB;
    case Colours::kRgba:
      return PNG_COLOR_TYPE_RGB_ALPHA;
    case Colours::kGrey:
      return PNG_COLOR_TYPE_GRAY;
    case Colours::kGreyAlpha:
      return PNG_COLOR_TYPE_GRAY_ALPHA;
    case Colours::kPalette:
      return PNG_COLOR_TYPE_PALETTE;
  }
  return PNG_COLOR_TYPE_RGB;
}

// Samples of one row: of the red channel, or of all three, with an alpha that varies from 0.
std::vector<uint8_t> to_samples(const Image& image, int y, const PngKind& kind) {
  const bool rgb = kind.colours == Colours::kRgb || kind.colours == Colours::kRgba;
  const bool alpha = kind.colours == Colours::kRgba || kind.colours == Colours::kGreyAlpha;
  std::vector<uint8_t> samples;
  for (int x = 0; x < image.width; ++x) {
    const uint8_t* pixel = image.row(y) + 3 * x;
    samples.insert(samples.end(), pixel, pixel + (rgb ? 3 : 1));
    if (alpha) samples.push_back(static_cast<uint8_t>(x));
  }
  return samples;
}

// Big-endian, leftmost sample in the high bits. The low byte of 16 bit is noise that must not matter.
std::vector<uint8_t> to_row(const Image& image, int y, const PngKind& kind) {
  const std::vector<uint8_t> samples = to_samples(image, y, kind);
  const auto depth = static_cast<size_t>(kind.bit_depth);
  std::vector<uint8_t> row((samples.size() * depth + 7) / 8);
  for (size_t i = 0; i < samples.size(); ++i) {
    if (depth == 16) {
      row[2 * i] = samples[i], row[2 * i + 1] = static_cast<uint8_t>(i * 37);
    } else {
      const size_t bit = i * depth;
      row[bit / 8] |= static_cast<uint8_t>(samples[i] >> (8 - depth) << (8 - depth - bit % 8));
    }
  }
  return row;
}

void set_grey_palette(png_structp png, png_infop info, int bit_depth) {
  std::vector<png_color> palette(size_t{1} << bit_depth);
  for (size_t i = 0; i < palette.size(); ++i) {
    const auto value = static_cast<png_byte>(i * 255 / (palette.size() - 1));
    palette[i] = {.red = value, .green = static_cast<png_byte>(255 - value), .blue = 7};
  }
  png_set_PLTE(png, info, palette.data(), static_cast<int>(palette.size()));
}

}  // namespace

Bytes make_png(const Image& image, const PngKind& kind) {
  Bytes bytes;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, refuse, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, &bytes, append, [](png_structp) {});
  png_set_IHDR(png, info, static_cast<png_uint_32>(image.width), static_cast<png_uint_32>(image.height), kind.bit_depth,
               colour_type(kind.colours), kind.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (kind.colours == Colours::kPalette) set_grey_palette(png, info, kind.bit_depth);
  png_write_info(png, info);
  std::vector<std::vector<uint8_t>> rows;
  std::vector<png_bytep> pointers;
  for (int y = 0; y < image.height; ++y) rows.push_back(to_row(image, y, kind));
  for (auto& row : rows) pointers.push_back(row.data());
  png_write_image(png, pointers.data());
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

Bytes with_png_chunk(const Bytes& png, std::string_view type, const Bytes& content) {
  Bytes chunk;
  const auto put = [&](const Bytes& bytes) { std::ranges::copy(bytes, std::back_inserter(chunk)); };
  const auto put_big_endian = [&](uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) chunk.push_back(static_cast<std::byte>(value >> shift));
  };
  put_big_endian(static_cast<uint32_t>(content.size()));
  put(to_bytes(type));
  put(content);
  const auto* checked = reinterpret_cast<const Bytef*>(chunk.data() + 4);
  put_big_endian(static_cast<uint32_t>(crc32(0, checked, static_cast<uInt>(chunk.size() - 4))));
  constexpr ptrdiff_t kBehindHeader = 8 + 25;  // signature, then IHDR with length, name and CRC
  Bytes result = png;
  result.insert(result.begin() + kBehindHeader, chunk.begin(), chunk.end());
  return result;
}

}  // namespace pretag
