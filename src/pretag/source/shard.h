// Which part of the images a run looks at, where several runs share them out.
#pragma once

#include <string>
#include <string_view>

#include "pretag/util/result.h"

namespace pretag {

// One of `count` parts; by default all of it. Which part a name is in depends on nothing but the name and the count:
// whoever lists the images, on whatever machine, and whatever is added later, each image is in exactly one part. The
// parts are about as large as each other; the frames of a video are all in the same one, so that one program reads it.
struct Shard {
  int number = 1;  // 1 … count
  int count = 1;

  // SHA-256 of the name, of a frame that of its video's, modulo the count.
  bool holds(std::string_view key) const;
  std::string text() const;  // "3 of 8"

  bool operator==(const Shard&) const = default;
};

inline constexpr int kMostShards = 100'000;

// "3/8". kInvalidArgument says what is wrong with it.
Result<Shard> parse_shard(std::string_view text);

}  // namespace pretag
