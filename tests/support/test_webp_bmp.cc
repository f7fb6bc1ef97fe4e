#include <webp/encode.h>

#include <stdexcept>
#include <string>

#include "support/test_images.h"

namespace pretag {
namespace {

void append(Bytes& bytes, const Bytes& more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

Bytes little_endian(uint64_t value, size_t size) {
  Bytes bytes;
  for (size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::byte>(value >> (8 * i)));
  return bytes;
}

Bytes riff_chunk(std::string_view name, const Bytes& content) {
  Bytes chunk = to_bytes(name);
  append(chunk, little_endian(content.size(), 4));
  append(chunk, content);
  if (content.size() % 2 == 1) chunk.push_back(std::byte{0});
  return chunk;
}

Bytes riff(const Bytes& chunks) {
  Bytes content = to_bytes("WEBP");
  append(content, chunks);
  return riff_chunk("RIFF", content);
}

Bytes extended_header(uint8_t flags, const Image& canvas) {
  Bytes header = little_endian(flags, 4);
  append(header, little_endian(static_cast<uint64_t>(canvas.width - 1), 3));
  append(header, little_endian(static_cast<uint64_t>(canvas.height - 1), 3));
  return riff_chunk("VP8X", header);
}

// The chunk of pixels in a simple WebP file, which is all but the first twelve bytes.
Bytes pixel_chunk(const Bytes& webp) { return {webp.begin() + 12, webp.end()}; }

}  // namespace

Bytes make_webp(const Image& image, bool lossless) {
  uint8_t* output = nullptr;
  const size_t size = lossless
                          ? WebPEncodeLosslessRGB(image.rgb.data(), image.width, image.height, image.width * 3, &output)
                          : WebPEncodeRGB(image.rgb.data(), image.width, image.height, image.width * 3, 95, &output);
  if (size == 0) throw std::runtime_error("libwebp refused the picture");
  const auto* first = reinterpret_cast<const std::byte*>(output);
  Bytes bytes(first, first + size);
  WebPFree(output);
  return bytes;
}

Bytes with_webp_exif(const Bytes& webp, const Image& image, const Bytes& exif_block) {
  constexpr uint8_t kExifFlag = 0x08;
  Bytes chunks = extended_header(kExifFlag, image);
  append(chunks, pixel_chunk(webp));
  append(chunks, riff_chunk("EXIF", exif_block));
  return riff(chunks);
}

Bytes make_animated_webp(const std::vector<Image>& frames) {
  constexpr uint8_t kAnimationFlag = 0x02;
  Bytes chunks = extended_header(kAnimationFlag, frames.front());
  append(chunks, riff_chunk("ANIM", little_endian(0, 6)));  // background colour, endless loop
  for (const Image& frame : frames) {
    Bytes content = little_endian(0, 6);  // at 0, 0
    append(content, little_endian(static_cast<uint64_t>(frame.width - 1), 3));
    append(content, little_endian(static_cast<uint64_t>(frame.height - 1), 3));
    append(content, little_endian(100, 3));  // milliseconds
    append(content, little_endian(2, 1));    // do not blend
    append(content, pixel_chunk(make_webp(frame, true)));
    append(chunks, riff_chunk("ANMF", content));
  }
  return riff(chunks);
}

Bytes make_bmp(const Image& image, int bits_per_pixel, bool top_down) {
  const size_t colours = bits_per_pixel <= 8 ? size_t{1} << bits_per_pixel : 0;
  const size_t row_bytes = (size_t(image.width) * size_t(bits_per_pixel) + 31) / 32 * 4;
  const size_t offset = 14 + 40 + 4 * colours;
  Bytes bytes = to_bytes("BM");
  append(bytes, little_endian(offset + row_bytes * size_t(image.height), 4));
  append(bytes, little_endian(0, 4));
  append(bytes, little_endian(offset, 4));
  append(bytes, little_endian(40, 4));
  append(bytes, little_endian(uint64_t(image.width), 4));
  append(bytes, little_endian(static_cast<uint64_t>(int64_t{top_down ? -image.height : image.height}), 4));
  append(bytes, little_endian(1, 2));
  append(bytes, little_endian(uint64_t(bits_per_pixel), 2));
  append(bytes, Bytes(24));  // compression and all that may be zero
  for (size_t i = 0; i < colours; ++i) append(bytes, little_endian(i * 255 / (colours - 1) * 0x010101, 4));
  for (int row = 0; row < image.height; ++row) {
    const int y = top_down ? row : image.height - 1 - row;
    Bytes packed(row_bytes);
    for (int x = 0; x < image.width; ++x) {
      const uint8_t* p = image.row(y) + 3 * x;
      const auto bit = size_t(x) * size_t(bits_per_pixel);
      uint32_t value = uint32_t{p[0]} << 16 | uint32_t{p[1]} << 8 | p[2];
      if (bits_per_pixel == 16) value = uint32_t{p[0]} >> 3 << 10 | uint32_t{p[1]} >> 3 << 5 | p[2] >> 3;
      if (bits_per_pixel <= 8) {
        const unsigned shift = 8 - unsigned(bits_per_pixel);
        packed[bit / 8] |= static_cast<std::byte>(p[0] >> shift << (shift - bit % 8));
      } else {
        for (size_t i = 0; i < size_t(bits_per_pixel) / 8; ++i) packed[bit / 8 + i] = std::byte(value >> (8 * i));
      }
    }
    append(bytes, packed);
  }
  return bytes;
}

}  // namespace pretag
