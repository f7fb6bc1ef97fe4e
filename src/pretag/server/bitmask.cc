#include "pretag/server/bitmask.h"

#include <algorithm>
#include <bit>

namespace pretag {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

Bitmask Bitmask::first(size_t count) {
  Bitmask mask;
  mask.nibbles_.assign(count / 4, 0xf);
  if (count % 4 != 0) mask.nibbles_.push_back(static_cast<uint8_t>((1u << (count % 4)) - 1));
  return mask;
}

Result<Bitmask> Bitmask::parse(std::string_view text) {
  const Error wrong{ErrorCode::kInvalidArgument, "a bit mask must be 0x and hex digits"};
  if (!text.starts_with("0x") || text.size() == 2) return wrong;
  Bitmask mask;
  mask.nibbles_.reserve(text.size() - 2);
  for (size_t i = text.size(); i-- > 2;) {
    const char c = text[i] >= 'A' && text[i] <= 'F' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
    const size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return wrong;
    mask.nibbles_.push_back(static_cast<uint8_t>(digit));
  }
  mask.trim();
  return mask;
}

void Bitmask::trim() {
  while (!nibbles_.empty() && nibbles_.back() == 0) nibbles_.pop_back();
}

std::string Bitmask::text() const {
  std::string text = "0x";
  if (nibbles_.empty()) text += '0';
  for (auto nibble = nibbles_.rbegin(); nibble != nibbles_.rend(); ++nibble) text += kDigits[*nibble];
  return text;
}

bool Bitmask::contains(size_t index) const { return (nibble(index / 4) >> (index % 4) & 1) != 0; }

size_t Bitmask::count() const {
  size_t count = 0;
  for (const uint8_t nibble : nibbles_) count += static_cast<size_t>(std::popcount(nibble));
  return count;
}

size_t Bitmask::size() const {
  return nibbles_.empty() ? 0 : 4 * (nibbles_.size() - 1) + static_cast<size_t>(std::bit_width(nibbles_.back()));
}

size_t Bitmask::next(size_t index) const {
  const size_t end = size();
  while (index < end && !contains(index)) index = nibble(index / 4) == 0 ? (index / 4 + 1) * 4 : index + 1;
  return index;
}

size_t Bitmask::nth(size_t n) const {
  for (size_t i = 0; i < nibbles_.size(); ++i) {
    const auto here = static_cast<size_t>(std::popcount(nibbles_[i]));
    if (n >= here) {
      n -= here;
      continue;
    }
    size_t index = next(4 * i);
    while (n-- > 0) index = next(index + 1);
    return index;
  }
  return size();
}

template <class Operation>
Bitmask Bitmask::combine(const Bitmask& a, const Bitmask& b, Operation operation) {
  Bitmask mask;
  mask.nibbles_.resize(std::max(a.nibbles_.size(), b.nibbles_.size()));
  for (size_t i = 0; i < mask.nibbles_.size(); ++i) {
    mask.nibbles_[i] = static_cast<uint8_t>(operation(a.nibble(i), b.nibble(i)) & 0xf);
  }
  mask.trim();
  return mask;
}

Bitmask operator|(const Bitmask& a, const Bitmask& b) {
  return Bitmask::combine(a, b, [](int x, int y) { return x | y; });
}

Bitmask operator&(const Bitmask& a, const Bitmask& b) {
  return Bitmask::combine(a, b, [](int x, int y) { return x & y; });
}

Bitmask operator-(const Bitmask& a, const Bitmask& b) {
  return Bitmask::combine(a, b, [](int x, int y) { return x & ~y; });
}

bool operator==(const Bitmask& a, const Bitmask& b) { return a.nibbles_ == b.nibbles_; }

}  // namespace pretag
