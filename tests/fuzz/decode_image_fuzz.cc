// Any bytes at all must give an image of the size it claims, or an error with a reason.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "pretag/image/decode.h"
#include "pretag/image/exif.h"
#include "pretag/image/sniff.h"

namespace {

void decode(std::span<const std::byte> bytes, const pretag::DecodeOptions& options) {
  const auto image = pretag::decode_image(bytes, options);
  if (image) {
    const auto pixels = static_cast<size_t>(image->width) * static_cast<size_t>(image->height);
    if (pixels == 0 || pixels > 1'000'000 || image->rgb.size() != 3 * pixels) std::abort();
  } else {
    const bool one_line = image.error().message.find('\n') == std::string::npos;
    if (image.error().message.empty() || !one_line || image.error().code == pretag::ErrorCode::kInternal) {
      std::fprintf(stderr, "not an error that people can use: '%s'\n", image.error().message.c_str());
      std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  decode(bytes, {.max_pixels = 1'000'000});
  decode(bytes, {.max_pixels = 1'000'000, .longer_side_needed = 16});
  const int orientation = pretag::exif_orientation(bytes);
  if (orientation < 1 || orientation > 8 || pretag::describe_content(bytes).empty()) std::abort();
  return 0;
}
