// The bytes of a file in any order, for what is too large to be read as a whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pretag/util/result.h"

namespace pretag {

// For one thread at a time.
class FileReader {
 public:
  virtual ~FileReader() = default;
  virtual uint64_t size() const = 0;
  // Fills `into` with what begins at `offset`; fewer bytes, perhaps none, only where the file ends. Errors name the
  // reason only.
  virtual Result<size_t> read(uint64_t offset, std::span<std::byte> into) = 0;
};

// Of a file that is in memory as a whole.
std::unique_ptr<FileReader> memory_reader(std::vector<std::byte> bytes);

}  // namespace pretag
