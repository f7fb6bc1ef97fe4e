// WebP through libwebp: lossy, lossless, and the first frame of an animation.
#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <memory>
#include <new>

#include "pretag/image/codec.h"
#include "pretag/image/exif.h"

namespace pretag {
namespace {

using Demuxer = std::unique_ptr<WebPDemuxer, void (*)(WebPDemuxer*)>;
using Animation = std::unique_ptr<WebPAnimDecoder, void (*)(WebPAnimDecoder*)>;

constexpr size_t kRiffHeaderBytes = 12;

// RIFF, then the size of everything behind it: WebP container specification, "WebP File Header".
bool is_whole(std::span<const std::byte> bytes) {
  if (bytes.size() < kRiffHeaderBytes) return false;
  uint64_t size = 0;
  for (size_t i = 0; i < 4; ++i) size |= static_cast<uint64_t>(bytes[4 + i]) << (8 * i);
  return size + 8 <= bytes.size();
}

Error damaged(const char* what) { return {ErrorCode::kCorrupt, std::string("damaged WebP: ") + what}; }

int orientation_of(const WebPDemuxer* container) {
  if ((WebPDemuxGetI(container, WEBP_FF_FORMAT_FLAGS) & EXIF_FLAG) == 0) return 1;
  WebPChunkIterator chunk{};
  if (WebPDemuxGetChunk(container, "EXIF", 1, &chunk) == 0) return 1;
  const int orientation = exif_orientation({reinterpret_cast<const std::byte*>(chunk.chunk.bytes), chunk.chunk.size});
  WebPDemuxReleaseChunkIterator(&chunk);
  return orientation;
}

bool decode_still(const WebPData& data, Image& image) {
  return WebPDecodeRGBInto(data.bytes, data.size, image.rgb.data(), image.rgb.size(), image.width * 3) != nullptr;
}

bool decode_first_frame(const WebPData& data, Image& image) {
  WebPAnimDecoderOptions options;
  if (WebPAnimDecoderOptionsInit(&options) == 0) return false;
  options.color_mode = MODE_RGBA;
  options.use_threads = 0;
  const Animation animation(WebPAnimDecoderNew(&data, &options), WebPAnimDecoderDelete);
  uint8_t* rgba = nullptr;  // owned by `animation`
  int timestamp = 0;
  if (!animation || WebPAnimDecoderGetNext(animation.get(), &rgba, &timestamp) == 0) return false;
  for (size_t i = 0; i < image.rgb.size(); i += 3, rgba += 4) std::copy_n(rgba, 3, &image.rgb[i]);
  return true;
}

}  // namespace

Result<StoredImage> decode_webp(std::span<const std::byte> bytes, const DecodeOptions& options) {
  if (!is_whole(bytes)) return Error{ErrorCode::kCorrupt, "truncated WebP: the file ends before the image does"};
  const WebPData data{reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(data.bytes, data.size, &features) != VP8_STATUS_OK) return damaged("its header makes no sense");
  PRETAG_TRY(check_dimensions(features.width, features.height, options));

  const Demuxer container(WebPDemux(&data), WebPDemuxDelete);
  if (!container) return damaged("a part is missing");
  StoredImage stored{allocate_image(features.width, features.height), orientation_of(container.get())};
  const bool decoded =
      features.has_animation != 0 ? decode_first_frame(data, stored.image) : decode_still(data, stored.image);
  if (!decoded) return damaged("the pixels cannot be decoded");
  return stored;
}

}  // namespace pretag
