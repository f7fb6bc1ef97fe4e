#include "pretag/source/shard.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <span>

#include "pretag/data/frame_name.h"
#include "pretag/io/sha256.h"
#include "pretag/util/number.h"

namespace pretag {

bool Shard::holds(std::string_view key) const {
  if (count == 1) return true;
  const auto frame = parse_frame_name(std::string(key));
  if (frame) key = frame->video;
  const std::string digest = sha256_hex(std::as_bytes(std::span(key)));
  constexpr size_t kDigitsOfAWord = 16;
  uint64_t word = 0;
  std::from_chars(digest.data(), digest.data() + kDigitsOfAWord, word, 16);
  return word % static_cast<uint64_t>(count) == static_cast<uint64_t>(number - 1);
}

std::string Shard::text() const { return fmt::format("{} of {}", number, count); }

Result<Shard> parse_shard(std::string_view text) {
  const size_t slash = text.find('/');
  const int number = read_number<int>(text.substr(0, slash)).value_or(0);
  const int count = slash == std::string_view::npos ? 0 : read_number<int>(text.substr(slash + 1)).value_or(0);
  if (number >= 1 && number <= count && count <= kMostShards) return Shard{number, count};
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("'{}' is no shard: write 3/8 for the third of eight, at most {}", text, kMostShards)};
}

}  // namespace pretag
