#include "support/test_images.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace pretag {
namespace {

void paint(Image& image, int x0, int y0, int x1, int y1, uint8_t red, uint8_t green, uint8_t blue) {
  for (int y = y0; y < std::min(y1, image.height); ++y) {
    for (int x = x0; x < std::min(x1, image.width); ++x) {
      uint8_t* pixel = image.row(y) + 3 * x;
      pixel[0] = red, pixel[1] = green, pixel[2] = blue;
    }
  }
}

void store_big_endian(Bytes& bytes, size_t offset, uint32_t value) {
  for (size_t i = 0; i < 4; ++i) bytes[offset + i] = static_cast<std::byte>(value >> (24 - 8 * i));
}

void store_little_endian(Bytes& bytes, size_t offset, uint32_t value, size_t size = 4) {
  for (size_t i = 0; i < size; ++i) bytes[offset + i] = static_cast<std::byte>(value >> (8 * i));
}

size_t find(const Bytes& bytes, std::string_view wanted) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.find(wanted);
}

}  // namespace

Image make_picture(int width, int height) {
  Image image{.width = width, .height = height, .rgb = std::vector<uint8_t>(size_t(width) * size_t(height) * 3)};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      uint8_t* pixel = image.row(y) + 3 * x;
      pixel[0] = static_cast<uint8_t>(40 + 150 * x / width);
      pixel[1] = static_cast<uint8_t>(40 + 150 * y / height);
      pixel[2] = static_cast<uint8_t>(40 + 75 * x / width + 75 * y / height);
    }
  }
  paint(image, 0, 0, width, height / 8, 20, 220, 20);
  paint(image, 0, 0, width / 8, height * 3 / 4, 20, 20, 220);
  paint(image, 0, 0, width / 4, height / 4, 230, 20, 20);
  return image;
}

Image make_noise(int width, int height, uint32_t seed) {
  Image image{.width = width, .height = height, .rgb = std::vector<uint8_t>(size_t(width) * size_t(height) * 3)};
  std::mt19937 random(seed);
  std::ranges::generate(image.rgb, [&] { return static_cast<uint8_t>(random() >> 24); });
  return image;
}

std::optional<Difference> difference(const Image& a, const Image& b) {
  if (a.width != b.width || a.height != b.height || a.rgb.size() != b.rgb.size()) return std::nullopt;
  Difference result;
  for (size_t i = 0; i < a.rgb.size(); ++i) {
    const int distance = std::abs(int{a.rgb[i]} - int{b.rgb[i]});
    result.largest = std::max(result.largest, distance);
    result.mean += distance;
  }
  result.mean /= static_cast<double>(std::max<size_t>(a.rgb.size(), 1));
  return result;
}

// EXIF 2.32, 4.6.4: where the stored image's row 0 and column 0 belong in the picture as seen.
Image oriented_reference(const Image& stored, int orientation) {
  const int w = stored.width, h = stored.height;
  const bool swapped = orientation >= 5;
  Image seen{.width = swapped ? h : w, .height = swapped ? w : h, .rgb = std::vector<uint8_t>(stored.rgb.size())};
  for (int y = 0; y < h; ++y) {
    for (int x = 0; x < w; ++x) {
      const int left = x, right = w - 1 - x, top = y, bottom = h - 1 - y;
      const std::pair<int, int> place[] = {{left, top}, {right, top},   {right, bottom}, {left, bottom},
                                           {top, left}, {bottom, left}, {bottom, right}, {top, right}};
      const auto [seen_x, seen_y] = place[orientation - 1];
      std::copy_n(stored.row(y) + 3 * x, 3, seen.row(seen_y) + 3 * seen_x);
    }
  }
  return seen;
}

Bytes make_exif_block(int orientation, bool big_endian) {
  const auto value = static_cast<char>(orientation);
  // Header, offset of the directory, one entry (tag 0x0112, SHORT, one value), no further directory.
  const std::string little{'I', 'I', '*', 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, value, 0, 0, 0, 0, 0, 0, 0};
  const std::string big{'M', 'M', 0, '*', 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0, 0, 0, 0, 0};
  return to_bytes(big_endian ? big : little);
}

Bytes make_header_claiming(std::string_view format, uint32_t width, uint32_t height) {
  const Image tiny = make_picture(16, 16);
  if (format == "jpeg") {
    Bytes bytes = make_jpeg(tiny);
    const size_t frame = find(bytes, "\xFF\xC0");
    bytes[frame + 5] = static_cast<std::byte>(height >> 8), bytes[frame + 6] = static_cast<std::byte>(height);
    bytes[frame + 7] = static_cast<std::byte>(width >> 8), bytes[frame + 8] = static_cast<std::byte>(width);
    return bytes;
  }
  if (format == "png") {
    // A new IHDR with its own CRC in front of the old one, which is cut out.
    Bytes png = make_png(tiny);
    Bytes header(png.begin() + 16, png.begin() + 29);
    store_big_endian(header, 0, width);
    store_big_endian(header, 4, height);
    png = with_png_chunk(png, "IHDR", header);
    png.erase(png.begin() + 8, png.begin() + 33);
    return png;
  }
  if (format == "bmp") {
    Bytes bytes = make_bmp(tiny, 24);
    store_little_endian(bytes, 18, width);
    store_little_endian(bytes, 22, height);
    return bytes;
  }
  if (format == "webp") {
    // An animation has a canvas of its own, up to 24 bits a side.
    Bytes bytes = make_animated_webp({tiny});
    store_little_endian(bytes, 24, width - 1, 3);
    store_little_endian(bytes, 27, height - 1, 3);
    return bytes;
  }
  Bytes bytes = make_tiff(tiny);
  // libtiff writes the first two entries in the order of their tags, 0x0100 and 0x0101, as SHORT; LONG has room.
  for (const auto& [tag, value] : {std::pair{std::string_view("\0\1\3\0", 4), width}, {{"\1\1\3\0", 4}, height}}) {
    const size_t entry = find(bytes, tag);
    bytes[entry + 2] = std::byte{4};
    store_little_endian(bytes, entry + 8, value);
  }
  return bytes;
}

Bytes to_bytes(std::string_view text) {
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

Bytes truncated(const Bytes& bytes, double share) {
  return {bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(static_cast<double>(bytes.size()) * share)};
}

}  // namespace pretag
