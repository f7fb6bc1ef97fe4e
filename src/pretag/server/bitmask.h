// Sets of samples: bit i stands for the dataset's sample number i. "0x5" is samples 0 and 2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/util/result.h"

namespace pretag {

class Bitmask {
 public:
  // No sample.
  Bitmask() = default;
  // The first `count` samples.
  static Bitmask first(size_t count);
  // "0x" and lower-case or upper-case hex digits, the most significant first. kInvalidArgument for anything else.
  static Result<Bitmask> parse(std::string_view text);

  // Lower case, without leading zeros; "0x0" for no sample.
  std::string text() const;
  bool contains(size_t index) const;
  size_t count() const;
  // One more than the highest sample, 0 if there is none.
  size_t size() const;
  // The first sample from `index` on; size() or more where none follows.
  size_t next(size_t index) const;
  // The sample that `n` others come before; size() where there are no more than that.
  size_t nth(size_t n) const;

  friend Bitmask operator|(const Bitmask& a, const Bitmask& b);
  friend Bitmask operator&(const Bitmask& a, const Bitmask& b);
  // Those of a that are not in b.
  friend Bitmask operator-(const Bitmask& a, const Bitmask& b);
  friend bool operator==(const Bitmask& a, const Bitmask& b);

 private:
  uint8_t nibble(size_t i) const { return i < nibbles_.size() ? nibbles_[i] : uint8_t{0}; }
  template <class Operation>
  static Bitmask combine(const Bitmask& a, const Bitmask& b, Operation operation);
  void trim();

  std::vector<uint8_t> nibbles_;  // of four samples each, from sample 0 on; the last is not 0
};

}  // namespace pretag
