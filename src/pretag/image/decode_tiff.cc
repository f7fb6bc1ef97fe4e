// TIFF (and BigTIFF) through libtiff's RGBA interface: the first page, in strips or tiles, any compression that libtiff
// was built with.
#include <fmt/format.h>
#include <tiffio.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "pretag/image/codec.h"

namespace pretag {
namespace {

// libtiff's view of the bytes, and what it had to say about them.
struct MemoryFile {
  std::span<const std::byte> bytes;
  uint64_t position = 0;
  bool in_pixels = false;  // libtiff warns of odd tags, which do no harm, and of broken pixels, which do
  bool lost_pixels = false;
  std::string first_message;
};

MemoryFile& file_of(thandle_t handle) { return *static_cast<MemoryFile*>(handle); }

tmsize_t read_some(thandle_t handle, void* target, tmsize_t size) {
  MemoryFile& file = file_of(handle);
  const uint64_t left = file.bytes.size() - std::min<uint64_t>(file.position, file.bytes.size());
  const uint64_t count = std::min(left, static_cast<uint64_t>(std::max<tmsize_t>(size, 0)));
  if (count > 0) std::memcpy(target, file.bytes.data() + file.position, count);
  file.position += count;
  return static_cast<tmsize_t>(count);
}

tmsize_t write_nothing(thandle_t, void*, tmsize_t) { return 0; }

toff_t seek(thandle_t handle, toff_t offset, int whence) {
  MemoryFile& file = file_of(handle);
  if (whence == SEEK_CUR) offset += file.position;
  if (whence == SEEK_END) offset += file.bytes.size();
  return file.position = offset;
}

int close_nothing(thandle_t) { return 0; }
toff_t size_of(thandle_t handle) { return file_of(handle).bytes.size(); }

// libtiff only reads what is mapped, as it does with a file that it mapped itself. Without a mapping, Debian's 4.5.0
// refuses uncompressed tiles whose size is not a multiple of 1024 bytes.
int map_all(thandle_t handle, void** base, toff_t* size) {
  const MemoryFile& file = file_of(handle);
  *base = const_cast<std::byte*>(file.bytes.data());
  *size = file.bytes.size();
  return 1;
}

void unmap_nothing(thandle_t, void*, toff_t) {}

void note(MemoryFile& file, const char* format, va_list arguments) {
  std::array<char, 300> text{};
  std::vsnprintf(text.data(), text.size(), format, arguments);
  if (file.first_message.empty()) file.first_message = text.data();
}

// Returning 1 keeps libtiff from calling the process-wide handlers, which print.
int on_error(TIFF*, void* user, const char*, const char* format, va_list arguments) {
  note(*static_cast<MemoryFile*>(user), format, arguments);
  return 1;
}

int on_warning(TIFF*, void* user, const char*, const char* format, va_list arguments) {
  MemoryFile& file = *static_cast<MemoryFile*>(user);
  // Of libtiff 4.5: what it says of pictures that it reads whole.
  static constexpr std::array<std::string_view, 4> kHarmless = {
      "Old-style LZW", "Deprecated and troublesome old-style JPEG", "JPEG strip size exceeds expected dimensions",
      "The JPEG strip/tile is encoded with progressive mode"};
  const auto is_meant = [&](std::string_view words) { return std::string_view(format).starts_with(words); };
  if (!file.in_pixels || std::ranges::any_of(kHarmless, is_meant)) return 1;
  file.lost_pixels = true;
  note(file, format, arguments);
  return 1;
}

using Tiff = std::unique_ptr<TIFF, void (*)(TIFF*)>;

Tiff open_tiff(MemoryFile& file, const DecodeOptions& options) {
  const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> open(TIFFOpenOptionsAlloc(), TIFFOpenOptionsFree);
  if (!open) throw std::bad_alloc();
  constexpr int64_t kMaxBytesPerPixel = 8;  // four channels of 16 bit: one strip may hold the whole image
  TIFFOpenOptionsSetMaxSingleMemAlloc(open.get(), options.max_pixels * kMaxBytesPerPixel);
  TIFFOpenOptionsSetErrorHandlerExtR(open.get(), on_error, &file);
  TIFFOpenOptionsSetWarningHandlerExtR(open.get(), on_warning, &file);
  return {TIFFClientOpenExt("image", "r", &file, read_some, write_nothing, seek, close_nothing, size_of, map_all,
                            unmap_nothing, open.get()),
          TIFFClose};
}

Error damaged(const MemoryFile& file) {
  return {ErrorCode::kCorrupt,
          fmt::format("truncated or damaged TIFF: {}",
                      file.first_message.empty() ? "its directory makes no sense" : file.first_message)};
}

// How many bytes a byte can become at the most; 0 where there is no such limit.
uint64_t most_expansion(uint16_t compression) {
  switch (compression) {
    case COMPRESSION_NONE:
      return 1;
    case COMPRESSION_PACKBITS:
      return 64;  // two bytes for a run of 128
    case COMPRESSION_LZW:
      return 4096;  // a code of 9 bits and more for at most 4096 bytes
    case COMPRESSION_DEFLATE:
    case COMPRESSION_ADOBE_DEFLATE:
      return 1032;  // zlib's Technical Details
    default:
      return 0;
  }
}

// Enough bytes for all pixels must be there before memory is set aside for them.
bool fits_its_dimensions(TIFF* tiff, size_t bytes) {
  uint16_t compression = COMPRESSION_NONE;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
  const uint64_t expansion = most_expansion(compression);
  uint32_t height = 0;
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
  uint64_t* sizes = nullptr;
  const bool tiled = TIFFIsTiled(tiff) != 0;
  if (expansion == 0 || TIFFGetField(tiff, tiled ? TIFFTAG_TILEBYTECOUNTS : TIFFTAG_STRIPBYTECOUNTS, &sizes) == 0) {
    return true;
  }
  uint64_t stored = 0;
  const uint32_t parts = tiled ? TIFFNumberOfTiles(tiff) : TIFFNumberOfStrips(tiff);
  for (uint32_t i = 0; sizes != nullptr && i < parts; ++i) stored += std::min<uint64_t>(sizes[i], bytes);
  return TIFFScanlineSize64(tiff) <= std::min<uint64_t>(stored, bytes) * expansion / std::max<uint32_t>(height, 1);
}

// libtiff multiplies colours by an alpha that is declared "unassociated". Alpha is dropped here, so colours must stay
// as they are stored.
void keep_colours_from_alpha(TIFF* tiff) {
  uint16_t count = 0;
  uint16_t* kinds = nullptr;
  if (TIFFGetField(tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds) == 0 || count == 0) return;
  std::vector<uint16_t> replaced(kinds, kinds + count);
  std::ranges::replace(replaced, EXTRASAMPLE_UNASSALPHA, EXTRASAMPLE_ASSOCALPHA);
  TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, count, replaced.data());
}

// Rows are decoded in bands of whole strips or rows of tiles, so that the RGBA copy stays small. It has room for whole
// tiles, too: libtiff 4.5 misplaces the rows of 16-bit grey tiles that it has to cut.
struct Band {
  uint32_t width = 0, rows = 0;
};

Band band_of(TIFF* tiff, const Image& image) {
  Band band{.width = static_cast<uint32_t>(image.width), .rows = static_cast<uint32_t>(image.height)};
  if (TIFFIsTiled(tiff)) {
    uint32_t tile_width = 1;
    TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &tile_width);
    TIFFGetField(tiff, TIFFTAG_TILELENGTH, &band.rows);
    tile_width = std::max(tile_width, 1u);
    band.width += (tile_width - band.width % tile_width) % tile_width;
  } else {
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &band.rows);
  }
  band.rows = std::clamp(band.rows, 1u, static_cast<uint32_t>(image.height));
  return band;
}

bool read_pixels(TIFFRGBAImage& rgba, const Band& band, Image& image) {
  std::vector<uint32_t> raster(size_t{band.width} * band.rows);
  rgba.width = band.width;
  const auto height = static_cast<uint32_t>(image.height);
  for (uint32_t top = 0; top < height; top += band.rows) {
    const uint32_t rows = std::min(band.rows, height - top);
    rgba.row_offset = static_cast<int>(top);
    if (TIFFRGBAImageGet(&rgba, raster.data(), band.width, rows) == 0) return false;
    for (uint32_t row = 0; row < rows; ++row) {
      const uint32_t* in = raster.data() + size_t{row} * band.width;
      uint8_t* out = image.row(static_cast<int>(top + row));
      for (int x = 0; x < image.width; ++x) {
        *out++ = static_cast<uint8_t>(TIFFGetR(in[x]));
        *out++ = static_cast<uint8_t>(TIFFGetG(in[x]));
        *out++ = static_cast<uint8_t>(TIFFGetB(in[x]));
      }
    }
  }
  return true;
}

}  // namespace

Result<StoredImage> decode_tiff(std::span<const std::byte> bytes, const DecodeOptions& options) {
  MemoryFile file{.bytes = bytes, .first_message = {}};
  const Tiff tiff = open_tiff(file, options);
  if (!tiff) return damaged(file);
  uint32_t width = 0, height = 0;
  TIFFGetField(tiff.get(), TIFFTAG_IMAGEWIDTH, &width);
  TIFFGetField(tiff.get(), TIFFTAG_IMAGELENGTH, &height);
  PRETAG_TRY(check_dimensions(width, height, options));
  if (!fits_its_dimensions(tiff.get(), bytes.size())) return implausible_dimensions(width, height, bytes.size());
  uint16_t orientation = ORIENTATION_TOPLEFT;  // the same numbers as in EXIF
  TIFFGetFieldDefaulted(tiff.get(), TIFFTAG_ORIENTATION, &orientation);
  keep_colours_from_alpha(tiff.get());

  TIFFRGBAImage rgba;
  std::array<char, 1024> reason{};  // the size that libtiff asks for
  constexpr int kStopOnError = 1;
  if (TIFFRGBAImageBegin(&rgba, tiff.get(), kStopOnError, reason.data()) == 0) {
    return Error{ErrorCode::kUnsupported, fmt::format("unsupported TIFF: {}", reason.data())};
  }
  const std::unique_ptr<TIFFRGBAImage, void (*)(TIFFRGBAImage*)> end(&rgba, TIFFRGBAImageEnd);
  // Both alike: libtiff is not to flip anything, since it knows four of the eight orientations only.
  rgba.orientation = rgba.req_orientation = ORIENTATION_TOPLEFT;
  StoredImage stored{allocate_image(width, height), orientation};
  const Band band = band_of(tiff.get(), stored.image);
  PRETAG_TRY(check_dimensions(band.width, band.rows, options));
  file.in_pixels = true;
  file.first_message.clear();
  if (!read_pixels(rgba, band, stored.image) || file.lost_pixels) return damaged(file);
  return stored;
}

}  // namespace pretag
