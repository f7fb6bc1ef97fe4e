// Reads zip archives in memory (APPNOTE.TXT of PKWARE, zip64 included): stored and deflated entries.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "pretag/util/result.h"

namespace pretag {

struct ZipEntry {
  uint16_t flags = 0, method = 0;  // method 0: stored, 8: deflated
  uint32_t crc = 0;
  uint64_t compressed_size = 0, size = 0;
  uint64_t header_offset = 0;  // of the local header

  bool is_packed() const { return method != 0; }
};

// An entry's content: a view of the archive where it is stored, of `inflated` where it was deflated.
struct ZipContent {
  std::span<const std::byte> bytes;
  std::vector<std::byte> inflated;
};

// A view: the bytes must outlive it. Immutable after open().
class ZipArchive {
 public:
  // kCorrupt if the central directory is missing (the file is cut off) or damaged, or has a name twice.
  static Result<ZipArchive> open(std::span<const std::byte> bytes);

  const std::map<std::string, ZipEntry>& entries() const { return entries_; }

  // Checks sizes and CRC-32. kNotFound without the entry, kUnsupported when it is encrypted or packed otherwise,
  // kCorrupt when it is damaged or larger than `max_size`.
  Result<ZipContent> read(const std::string& name, uint64_t max_size) const;

 private:
  explicit ZipArchive(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::span<const std::byte> bytes_;
  std::map<std::string, ZipEntry> entries_;
};

}  // namespace pretag
