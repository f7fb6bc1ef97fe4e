#include <tiffio.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "support/test_images.h"

namespace pretag {
namespace {

using Colours = TiffKind::Colours;

struct MemoryFile {
  Bytes bytes;
  size_t position = 0;
};

MemoryFile& file_of(thandle_t handle) { return *static_cast<MemoryFile*>(handle); }

tmsize_t read_some(thandle_t handle, void* target, tmsize_t size) {
  MemoryFile& file = file_of(handle);
  const size_t count = std::min<size_t>(size_t(size), file.bytes.size() - file.position);
  std::memcpy(target, file.bytes.data() + file.position, count);
  file.position += count;
  return static_cast<tmsize_t>(count);
}

tmsize_t write_some(thandle_t handle, void* source, tmsize_t size) {
  MemoryFile& file = file_of(handle);
  file.bytes.resize(std::max(file.bytes.size(), file.position + size_t(size)));
  std::memcpy(file.bytes.data() + file.position, source, size_t(size));
  file.position += size_t(size);
  return size;
}

toff_t seek(thandle_t handle, toff_t offset, int whence) {
  MemoryFile& file = file_of(handle);
  if (whence == SEEK_CUR) offset += file.position;
  if (whence == SEEK_END) offset += file.bytes.size();
  return file.position = offset;
}

int channels(Colours colours) {
  return colours == Colours::kRgb ? 3 : colours == Colours::kRgba || colours == Colours::kCmyk ? 4 : 1;
}

int photometric(Colours colours) {
  switch (colours) {
    case Colours::kGrey:
      return PHOTOMETRIC_MINISBLACK;
    case Colours::kWhiteIsZero:
      return PHOTOMETRIC_MINISWHITE;
    case Colours::kPalette:
      return PHOTOMETRIC_PALETTE;
    case Colours::kCmyk:
      return PHOTOMETRIC_SEPARATED;
    default:
      return PHOTOMETRIC_RGB;
  }
}

// Grey is the red channel; CMYK has no black ink; alpha varies from 0.
std::vector<uint8_t> to_samples(const Image& image, int y, Colours colours) {
  std::vector<uint8_t> samples;
  for (int x = 0; x < image.width; ++x) {
    const uint8_t* p = image.row(y) + 3 * x;
    if (channels(colours) == 1) samples.push_back(colours == Colours::kWhiteIsZero ? uint8_t(255 - p[0]) : p[0]);
    if (channels(colours) >= 3) {
      for (int c = 0; c < 3; ++c) samples.push_back(colours == Colours::kCmyk ? uint8_t(255 - p[c]) : p[c]);
    }
    if (channels(colours) == 4) samples.push_back(colours == Colours::kCmyk ? uint8_t{0} : static_cast<uint8_t>(x));
  }
  return samples;
}

std::vector<uint8_t> to_row(const Image& image, int y, const TiffKind& kind) {
  std::vector<uint8_t> samples = to_samples(image, y, kind.colours);
  if (kind.bit_depth == 8) return samples;
  const size_t size = size_t(kind.bit_depth) / 8;
  std::vector<uint8_t> row(samples.size() * size);
  for (size_t i = 0; i < samples.size(); ++i) {
    const auto wide = static_cast<uint16_t>(samples[i] * 257);
    const float fraction = static_cast<float>(samples[i]) / 255;
    if (size == 2) std::memcpy(&row[2 * i], &wide, 2);
    if (size == 4) std::memcpy(&row[4 * i], &fraction, 4);
  }
  return row;
}

void set_tags(TIFF* tiff, const Image& image, const TiffKind& kind) {
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, static_cast<uint32_t>(image.width));
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, static_cast<uint32_t>(image.height));
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, kind.bit_depth);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, channels(kind.colours));
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, photometric(kind.colours));
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, kind.compression);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  if (kind.orientation != 1) TIFFSetField(tiff, TIFFTAG_ORIENTATION, kind.orientation);
  if (kind.bit_depth == 32) TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_IEEEFP);
  if (kind.colours == Colours::kRgba) {
    const uint16_t alpha = EXTRASAMPLE_UNASSALPHA;
    TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &alpha);
  }
  if (kind.colours == Colours::kPalette) {
    std::array<uint16_t, 256> up{}, down{};
    for (size_t i = 0; i < 256; ++i) up[i] = uint16_t(i * 257), down[i] = uint16_t((255 - i) * 257);
    TIFFSetField(tiff, TIFFTAG_COLORMAP, up.data(), down.data(), up.data());
  }
  if (kind.tiled) {
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, 16);
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, 16);
  } else {
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 7);  // does not divide the usual heights
  }
}

void write_tiles(TIFF* tiff, const Image& image, const TiffKind& kind) {
  const size_t pixel = size_t(channels(kind.colours) * kind.bit_depth / 8);
  for (int top = 0; top < image.height; top += 16) {
    for (int left = 0; left < image.width; left += 16) {
      std::vector<uint8_t> tile(16 * 16 * pixel);
      for (int y = top; y < std::min(top + 16, image.height); ++y) {
        const std::vector<uint8_t> row = to_row(image, y, kind);
        const size_t count = size_t(std::min(16, image.width - left)) * pixel;
        std::copy_n(&row[size_t(left) * pixel], count, &tile[size_t(y - top) * 16 * pixel]);
      }
      if (TIFFWriteTile(tiff, tile.data(), uint32_t(left), uint32_t(top), 0, 0) < 0) throw std::runtime_error("tile");
    }
  }
}

TIFF* open_to_write(MemoryFile& file, const TiffKind& kind) {
  const std::string mode = std::string("w") + (kind.big_endian ? "b" : "l") + (kind.big_tiff ? "8" : "4");
  TIFF* tiff = TIFFClientOpen(
      "test", mode.c_str(), &file, read_some, write_some, seek, [](thandle_t) { return 0; },
      [](thandle_t handle) { return toff_t{file_of(handle).bytes.size()}; }, nullptr, nullptr);
  if (tiff == nullptr) throw std::runtime_error("libtiff cannot write to memory");
  return tiff;
}

// The rows from `top` on; the last one again where there are no more.
Image rows_of(const Image& image, int top, int rows) {
  Image part{.width = image.width, .height = rows, .rgb = {}};
  for (int y = top; y < top + rows; ++y) {
    const uint8_t* row = image.row(std::min(y, image.height - 1));
    part.rgb.insert(part.rgb.end(), row, row + size_t(image.width) * 3);
  }
  return part;
}

}  // namespace

Bytes make_tiff_of_jpegs(const Image& image, bool progressive) {
  constexpr int kRows = 16;
  const TiffKind kind{.colours = Colours::kGrey, .compression = COMPRESSION_JPEG};
  MemoryFile file;
  TIFF* tiff = open_to_write(file, kind);
  set_tags(tiff, image, kind);
  TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, kRows);
  for (int top = 0; top < image.height; top += kRows) {
    Bytes jpeg = make_jpeg(rows_of(image, top, kRows), {.progressive = progressive, .grey = true});
    const auto size = static_cast<tmsize_t>(jpeg.size());
    if (TIFFWriteRawStrip(tiff, static_cast<uint32_t>(top / kRows), jpeg.data(), size) != size) {
      throw std::runtime_error("libtiff refused a strip");
    }
  }
  TIFFClose(tiff);
  return std::move(file.bytes);
}

Bytes make_tiff(const Image& image, const TiffKind& kind) {
  MemoryFile file;
  TIFF* tiff = open_to_write(file, kind);
  set_tags(tiff, image, kind);
  if (kind.tiled) write_tiles(tiff, image, kind);
  for (int y = 0; !kind.tiled && y < image.height; ++y) {
    std::vector<uint8_t> row = to_row(image, y, kind);
    if (TIFFWriteScanline(tiff, row.data(), uint32_t(y), 0) < 0) throw std::runtime_error("libtiff refused a row");
  }
  TIFFClose(tiff);
  return std::move(file.bytes);
}

}  // namespace pretag
