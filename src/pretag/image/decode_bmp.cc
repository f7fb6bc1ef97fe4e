// BMP, uncompressed: 1, 4 and 8 bit with a palette, 16 and 32 bit with or without masks, 24 bit. Header layouts:
// Microsoft, "Bitmap Storage" and BITMAPINFOHEADER, BITMAPV4HEADER, BITMAPV5HEADER.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "pretag/image/codec.h"

namespace pretag {
namespace {

constexpr size_t kFileHeaderBytes = 14, kCoreHeaderBytes = 12, kInfoHeaderBytes = 40;
enum Compression : uint32_t { kRgb = 0, kBitfields = 3, kAlphaBitfields = 6 };
using Rgb = std::array<uint8_t, 3>;

struct BmpHeader {
  int64_t width = 0, height = 0;
  bool top_down = false;
  uint32_t bits_per_pixel = 0, compression = kRgb;
  size_t pixel_offset = 0;
  std::array<uint32_t, 3> masks{};  // red, green, blue; of 16 and 32 bit
  size_t palette_offset = 0, palette_entry_bytes = 4, palette_entries = 0;

  // Rows are padded to four bytes.
  uint64_t row_bytes() const { return (static_cast<uint64_t>(width) * bits_per_pixel + 31) / 32 * 4; }
};

Error truncated() { return {ErrorCode::kCorrupt, "truncated BMP: the file ends before the image does"}; }

uint32_t little_endian(std::span<const std::byte> bytes, size_t offset, size_t size) {
  uint32_t value = 0;
  for (size_t i = 0; i < size; ++i) value |= static_cast<uint32_t>(bytes[offset + i]) << (8 * i);
  return value;
}

// The masks follow an information header of 40 bytes, or are the next part of a longer one: the same place.
Status read_masks(std::span<const std::byte> bytes, BmpHeader& header) {
  if (header.compression == kRgb) {
    header.masks = header.bits_per_pixel == 16 ? std::array<uint32_t, 3>{0x7C00, 0x03E0, 0x001F}
                                               : std::array<uint32_t, 3>{0xFF0000, 0x00FF00, 0x0000FF};
    return {};
  }
  constexpr size_t kMasksOffset = kFileHeaderBytes + kInfoHeaderBytes;
  if (bytes.size() < kMasksOffset + 12) return truncated();
  for (size_t c = 0; c < 3; ++c) header.masks[c] = little_endian(bytes, kMasksOffset + 4 * c, 4);
  return {};
}

Result<BmpHeader> read_header(std::span<const std::byte> bytes) {
  if (bytes.size() < kFileHeaderBytes + kCoreHeaderBytes) return truncated();
  const size_t header_bytes = little_endian(bytes, 14, 4);
  BmpHeader header;
  header.pixel_offset = little_endian(bytes, 10, 4);
  header.palette_offset = kFileHeaderBytes + header_bytes;
  if (header_bytes == kCoreHeaderBytes) {
    header.width = little_endian(bytes, 18, 2);
    header.height = little_endian(bytes, 20, 2);
    header.bits_per_pixel = little_endian(bytes, 24, 2);
    header.palette_entry_bytes = 3;
  } else {
    if (bytes.size() < kFileHeaderBytes + kInfoHeaderBytes) return truncated();
    const auto height = static_cast<int32_t>(little_endian(bytes, 22, 4));
    header.width = static_cast<int32_t>(little_endian(bytes, 18, 4));
    header.height = std::abs(int64_t{height});
    header.top_down = height < 0;
    header.bits_per_pixel = little_endian(bytes, 28, 2);
    header.compression = little_endian(bytes, 30, 4);
    header.palette_entries = little_endian(bytes, 46, 4);
  }
  PRETAG_TRY(read_masks(bytes, header));
  return header;
}

Status check_kind(const BmpHeader& header) {
  constexpr std::array<uint32_t, 6> kDepths = {1, 4, 8, 16, 24, 32};
  const bool masked = header.compression == kBitfields || header.compression == kAlphaBitfields;
  if (header.compression != kRgb && !masked) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("compressed BMP (kind {}) is not read; convert it to PNG", header.compression)};
  }
  const bool known_depth = std::ranges::find(kDepths, header.bits_per_pixel) != kDepths.end();
  if (!known_depth || (masked && header.bits_per_pixel != 16 && header.bits_per_pixel != 32)) {
    return Error{ErrorCode::kCorrupt, fmt::format("damaged BMP: {} bits a pixel", header.bits_per_pixel)};
  }
  return {};
}

// Indices beyond the palette are black.
Result<std::vector<Rgb>> read_palette(std::span<const std::byte> bytes, const BmpHeader& header) {
  std::vector<Rgb> palette(size_t{1} << header.bits_per_pixel);
  const size_t wanted = header.palette_entries == 0 ? palette.size() : std::min(palette.size(), header.palette_entries);
  if (header.palette_offset + wanted * header.palette_entry_bytes > bytes.size()) return truncated();
  for (size_t i = 0; i < wanted; ++i) {
    const size_t entry = header.palette_offset + i * header.palette_entry_bytes;
    for (size_t c = 0; c < 3; ++c) palette[i][c] = static_cast<uint8_t>(bytes[entry + 2 - c]);
  }
  return palette;
}

void unpack_indexed(std::span<const std::byte> row, const BmpHeader& header, std::span<const Rgb> palette,
                    uint8_t* out) {
  const uint32_t bits = header.bits_per_pixel, per_byte = 8 / bits;
  for (uint32_t x = 0; x < static_cast<uint32_t>(header.width); ++x) {
    const uint32_t shift = 8 - bits * (x % per_byte + 1);  // the leftmost pixel is in the high bits
    const uint32_t index = static_cast<uint32_t>(row[x / per_byte]) >> shift & ((1u << bits) - 1);
    out = std::ranges::copy(palette[index], out).out;
  }
}

void unpack_24_bit(std::span<const std::byte> row, const BmpHeader& header, uint8_t* out) {
  for (size_t x = 0; x < static_cast<size_t>(header.width); ++x) {
    for (size_t c = 0; c < 3; ++c) *out++ = static_cast<uint8_t>(row[3 * x + 2 - c]);
  }
}

// The bits under a mask as 0 to 255, rounded.
uint8_t channel(uint32_t pixel, uint32_t mask) {
  if (mask == 0) return 0;
  const int shift = std::countr_zero(mask);
  const uint64_t largest = mask >> shift, value = (pixel & mask) >> shift;
  return static_cast<uint8_t>((value * 255 + largest / 2) / largest);
}

void unpack_masked(std::span<const std::byte> row, const BmpHeader& header, uint8_t* out) {
  const size_t size = header.bits_per_pixel / 8;
  for (size_t x = 0; x < static_cast<size_t>(header.width); ++x) {
    const uint32_t pixel = little_endian(row, x * size, size);
    for (size_t c = 0; c < 3; ++c) *out++ = channel(pixel, header.masks[c]);
  }
}

}  // namespace

Result<StoredImage> decode_bmp(std::span<const std::byte> bytes, const DecodeOptions& options) {
  PRETAG_ASSIGN(const BmpHeader header, read_header(bytes));
  PRETAG_TRY(check_dimensions(header.width, header.height, options));
  PRETAG_TRY(check_kind(header));
  const uint64_t row_bytes = header.row_bytes();
  if (header.pixel_offset > bytes.size()) return truncated();
  if (row_bytes * static_cast<uint64_t>(header.height) > bytes.size() - header.pixel_offset) return truncated();

  std::vector<Rgb> palette;
  if (header.bits_per_pixel <= 8) {
    PRETAG_ASSIGN(palette, read_palette(bytes, header));
  }
  StoredImage stored{allocate_image(header.width, header.height), 1};
  for (int y = 0; y < stored.image.height; ++y) {
    const auto stored_y = static_cast<uint64_t>(header.top_down ? y : stored.image.height - 1 - y);
    const auto row = bytes.subspan(header.pixel_offset + stored_y * row_bytes, row_bytes);
    uint8_t* out = stored.image.row(y);
    if (header.bits_per_pixel <= 8) unpack_indexed(row, header, palette, out);
    if (header.bits_per_pixel == 24) unpack_24_bit(row, header, out);
    if (header.bits_per_pixel == 16 || header.bits_per_pixel == 32) unpack_masked(row, header, out);
  }
  return stored;
}

}  // namespace pretag
