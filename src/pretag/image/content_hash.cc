#include "pretag/image/content_hash.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <array>
#include <cstdint>
#include <iterator>
#include <memory>
#include <new>

namespace pretag {
namespace {

std::array<uint8_t, 8> size_bytes(const Image& image) {
  std::array<uint8_t, 8> bytes{};
  for (size_t i = 0; i < 4; ++i) {
    bytes[i] = static_cast<uint8_t>(image.width >> (8 * i));
    bytes[4 + i] = static_cast<uint8_t>(image.height >> (8 * i));
  }
  return bytes;
}

}  // namespace

std::string content_hash(const Image& image) {
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(), XXH3_freeState);
  if (!state) throw std::bad_alloc();
  XXH3_128bits_reset(state.get());
  const auto size = size_bytes(image);
  XXH3_128bits_update(state.get(), size.data(), size.size());
  XXH3_128bits_update(state.get(), image.rgb.data(), image.rgb.size());
  XXH128_canonical_t digest;
  XXH128_canonicalFromHash(&digest, XXH3_128bits_digest(state.get()));
  std::string hex;
  for (const unsigned char byte : digest.digest) fmt::format_to(std::back_inserter(hex), "{:02x}", byte);
  return hex;
}

}  // namespace pretag
