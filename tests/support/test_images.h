// Pictures to test with, and encoders for the odd kinds of files that the world holds. All throw std::runtime_error
// when a library refuses: a test's material must be right.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/image/image.h"

namespace pretag {

using Bytes = std::vector<std::byte>;

// A smooth gradient with a red block in the top left corner, a green bar along the top and a blue one down the left: no
// two of the eight orientations look alike. Any size from 1 x 1.
Image make_picture(int width, int height);
// Noise from `seed`: does not compress, so that a truncated file lacks real data.
Image make_noise(int width, int height, uint32_t seed);

// The largest and the mean difference of two images of equal size, over all channels; nothing if the sizes differ.
struct Difference {
  int largest = 0;
  double mean = 0;
};
std::optional<Difference> difference(const Image& a, const Image& b);

// The pixels that a viewer must see, from pixels stored with that EXIF orientation; written plainly, to check against.
Image oriented_reference(const Image& stored, int orientation);

// A TIFF structure with one tag, 0x0112, as EXIF keeps it.
Bytes make_exif_block(int orientation, bool big_endian = false);

struct JpegKind {
  int quality = 95;
  bool progressive = false, grey = false;
  bool subsampled = true;  // 4:2:0, else 4:4:4
  int restart_interval = 0;
  enum class Inks { kNone, kCmyk, kAdobeCmyk, kAdobeYcck } inks = Inks::kNone;
};
Bytes make_jpeg(const Image& image, const JpegKind& kind = {});
// The JPEG with an APP1 segment of EXIF behind its first marker.
Bytes with_jpeg_exif(const Bytes& jpeg, const Bytes& exif_block);

struct PngKind {
  enum class Colours { kRgb, kRgba, kGrey, kGreyAlpha, kPalette } colours = Colours::kRgb;
  int bit_depth = 8;  // 16 for all but kPalette; 1, 2, 4 for kGrey; kPalette is 8, or 1, 2, 4
  bool interlaced = false;
};
// kPalette and depths below 8 quantize; greys are the red channel.
Bytes make_png(const Image& image, const PngKind& kind = {});
// The PNG with one more chunk, CRC included, right behind IHDR.
Bytes with_png_chunk(const Bytes& png, std::string_view type, const Bytes& content);

Bytes make_webp(const Image& image, bool lossless);
Bytes with_webp_exif(const Bytes& webp, const Image& image, const Bytes& exif_block);
Bytes make_animated_webp(const std::vector<Image>& frames);

// 1, 4, 8 (grey palette), 16 (5-5-5 bits), 24 or 32 bits a pixel.
Bytes make_bmp(const Image& image, int bits_per_pixel, bool top_down = false);

struct TiffKind {
  enum class Colours { kRgb, kRgba, kGrey, kWhiteIsZero, kPalette, kCmyk } colours = Colours::kRgb;
  int bit_depth = 8;         // 16 for kRgb and kGrey; 32 for kGrey is floating point
  uint16_t compression = 1;  // libtiff's COMPRESSION_NONE
  int orientation = 1;
  bool tiled = false, big_endian = false, big_tiff = false;
};
Bytes make_tiff(const Image& image, const TiffKind& kind = {});
// Grey, of strips of 16 rows that are JPEGs of their own, as cameras write them: the last one has 16 rows, too.
Bytes make_tiff_of_jpegs(const Image& image, bool progressive);

// The smallest image of the format ("jpeg", "png", "bmp", "tiff", "webp") whose header claims that size.
Bytes make_header_claiming(std::string_view format, uint32_t width, uint32_t height);

Bytes to_bytes(std::string_view text);
Bytes truncated(const Bytes& bytes, double share);

}  // namespace pretag
