#include "pretag/server/random_ids.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace pretag {

std::string random_hex(size_t bytes) {
  std::vector<unsigned char> random(bytes);
  // Without randomness nothing that this server promises would hold.
  if (RAND_bytes(random.data(), static_cast<int>(bytes)) != 1) std::abort();
  std::string text;
  for (const unsigned char byte : random) text += fmt::format("{:02x}", byte);
  return text;
}

std::string new_id() { return random_hex(12); }

bool is_id(std::string_view text) {
  return text.size() == 24 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace pretag
