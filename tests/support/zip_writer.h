// Writes zip archives byte by byte, right ones and wrong ones, for the tests of the reader.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pretag {

class ZipWriter {
 public:
  enum class Packing { kStored, kDeflated };

  // Entry data begins at a multiple of 64 bytes, as torch.save does it.
  void add(const std::string& name, std::string_view content, Packing packing = Packing::kStored);

  // With `zip64`, sizes and offsets stand in the 64-bit fields only, as in archives of more than 4 GiB.
  std::string finish(bool zip64 = false) const;

 private:
  struct Entry {
    std::string name;
    uint16_t method = 0;
    uint32_t crc = 0;
    uint64_t compressed_size = 0, size = 0, offset = 0;
  };

  std::string bytes_;
  std::vector<Entry> entries_;
};

}  // namespace pretag
