#include <cstdio>
// jpeglib.h needs FILE from above.
#include <jpeglib.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "support/test_images.h"

namespace pretag {
namespace {

[[noreturn]] void refuse(j_common_ptr) { std::abort(); }  // a bug in the test itself

// Inks for a colour: all the black there is, the rest as coloured ink; 0 is no ink.
std::vector<uint8_t> to_inks(const uint8_t* rgb, int width, bool inverted) {
  std::vector<uint8_t> row(size_t(width) * 4);
  for (size_t x = 0; x < size_t(width); ++x) {
    const int brightest = std::max({rgb[3 * x], rgb[3 * x + 1], rgb[3 * x + 2], uint8_t{1}});
    for (size_t c = 0; c < 3; ++c) row[4 * x + c] = static_cast<uint8_t>(255 - 255 * rgb[3 * x + c] / brightest);
    row[4 * x + 3] = static_cast<uint8_t>(255 - brightest);
    if (inverted) {
      for (size_t c = 0; c < 4; ++c) row[4 * x + c] ^= 0xFF;
    }
  }
  return row;
}

std::vector<uint8_t> to_row(const Image& image, int y, const JpegKind& kind) {
  const uint8_t* rgb = image.row(y);
  if (kind.inks != JpegKind::Inks::kNone) return to_inks(rgb, image.width, kind.inks != JpegKind::Inks::kCmyk);
  std::vector<uint8_t> row(rgb, rgb + size_t(image.width) * 3);
  if (kind.grey) {
    for (size_t x = 0; x < size_t(image.width); ++x) row[x] = row[3 * x];
  }
  return row;
}

void configure(jpeg_compress_struct& encoder, const JpegKind& kind) {
  const bool inks = kind.inks != JpegKind::Inks::kNone;
  encoder.input_components = inks ? 4 : kind.grey ? 1 : 3;
  encoder.in_color_space = inks ? JCS_CMYK : kind.grey ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&encoder);
  if (kind.inks == JpegKind::Inks::kAdobeYcck) jpeg_set_colorspace(&encoder, JCS_YCCK);
  encoder.write_Adobe_marker = kind.inks == JpegKind::Inks::kAdobeCmyk || kind.inks == JpegKind::Inks::kAdobeYcck;
  jpeg_set_quality(&encoder, kind.quality, TRUE);
  if (!kind.subsampled) encoder.comp_info[0].h_samp_factor = encoder.comp_info[0].v_samp_factor = 1;
  encoder.restart_interval = static_cast<unsigned>(kind.restart_interval);
  if (kind.progressive) jpeg_simple_progression(&encoder);
}

}  // namespace

Bytes make_jpeg(const Image& image, const JpegKind& kind) {
  jpeg_compress_struct encoder{};
  jpeg_error_mgr errors{};
  encoder.err = jpeg_std_error(&errors);
  errors.error_exit = refuse;
  jpeg_create_compress(&encoder);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&encoder, &buffer, &size);
  encoder.image_width = static_cast<JDIMENSION>(image.width);
  encoder.image_height = static_cast<JDIMENSION>(image.height);
  configure(encoder, kind);
  jpeg_start_compress(&encoder, TRUE);
  for (int y = 0; y < image.height; ++y) {
    std::vector<uint8_t> row = to_row(image, y, kind);
    JSAMPROW rows = row.data();
    jpeg_write_scanlines(&encoder, &rows, 1);
  }
  jpeg_finish_compress(&encoder);
  jpeg_destroy_compress(&encoder);
  const auto* first = reinterpret_cast<const std::byte*>(buffer);
  Bytes bytes(first, first + size);
  std::free(buffer);
  return bytes;
}

Bytes with_jpeg_exif(const Bytes& jpeg, const Bytes& exif_block) {
  Bytes segment = to_bytes(std::string_view("\xFF\xE1\0\0Exif\0\0", 10));
  segment.insert(segment.end(), exif_block.begin(), exif_block.end());
  const size_t length = segment.size() - 2;
  segment[2] = static_cast<std::byte>(length >> 8), segment[3] = static_cast<std::byte>(length);
  Bytes result = jpeg;
  result.insert(result.begin() + 2, segment.begin(), segment.end());
  return result;
}

}  // namespace pretag
