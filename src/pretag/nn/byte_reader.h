// Reads little-endian numbers and pieces from bytes that nobody has checked yet.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace pretag {

static_assert(std::endian::native == std::endian::little, "weight files are little-endian and read in place");

// Every read either succeeds as a whole or returns nothing and moves nowhere.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  size_t position() const { return position_; }
  size_t remaining() const { return bytes_.size() - position_; }

  std::optional<std::span<const std::byte>> take(uint64_t count) {
    if (count > remaining()) return std::nullopt;
    const auto piece = bytes_.subspan(position_, count);
    position_ += count;
    return piece;
  }

  template <std::integral T>
  std::optional<T> number() {
    const auto piece = take(sizeof(T));
    if (!piece) return std::nullopt;
    T value;
    std::memcpy(&value, piece->data(), sizeof(T));
    return value;
  }

  std::optional<std::string_view> text(uint64_t count) {
    const auto piece = take(count);
    if (!piece) return std::nullopt;
    return std::string_view(reinterpret_cast<const char*>(piece->data()), piece->size());
  }

  // Up to the next '\n', which is consumed and not returned.
  std::optional<std::string_view> line() {
    const std::string_view rest(reinterpret_cast<const char*>(bytes_.data()) + position_, remaining());
    const size_t end = rest.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    position_ += end + 1;
    return rest.substr(0, end);
  }

 private:
  std::span<const std::byte> bytes_;
  size_t position_ = 0;
};

}  // namespace pretag
