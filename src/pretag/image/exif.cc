#include "pretag/image/exif.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace pretag {
namespace {

constexpr int kUpright = 1;
constexpr uint32_t kOrientationTag = 0x0112, kTypeShort = 3;
constexpr size_t kEntryBytes = 12;

// Reads integers of either byte order; nothing beyond the end.
class TiffBlock {
 public:
  TiffBlock(std::string_view bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

  std::optional<uint32_t> integer(size_t offset, size_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) return std::nullopt;
    uint32_t value = 0;
    for (size_t i = 0; i < size; ++i) {
      const size_t position = big_endian_ ? i : size - 1 - i;
      value = value << 8 | static_cast<uint8_t>(bytes_[offset + position]);
    }
    return value;
  }

 private:
  std::string_view bytes_;
  bool big_endian_;
};

}  // namespace

int exif_orientation(std::span<const std::byte> block) {
  using namespace std::string_view_literals;
  std::string_view bytes(reinterpret_cast<const char*>(block.data()), block.size());
  if (bytes.starts_with("Exif\0\0"sv)) bytes.remove_prefix(6);
  const bool big_endian = bytes.starts_with("MM\0*"sv);
  if (!big_endian && !bytes.starts_with("II*\0"sv)) return kUpright;

  const TiffBlock tiff(bytes, big_endian);
  const auto directory = tiff.integer(4, 4);
  const auto count = directory ? tiff.integer(*directory, 2) : std::nullopt;
  for (size_t i = 0; i < count.value_or(0); ++i) {
    const size_t entry = size_t{*directory} + 2 + i * kEntryBytes;
    const auto tag = tiff.integer(entry, 2), type = tiff.integer(entry + 2, 2), value = tiff.integer(entry + 8, 2);
    if (!value) return kUpright;  // the directory runs over the end
    if (tag != kOrientationTag) continue;
    return type == kTypeShort && *value >= 1 && *value <= 8 ? static_cast<int>(*value) : kUpright;
  }
  return kUpright;
}

}  // namespace pretag
