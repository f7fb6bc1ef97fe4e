#include "pretag/io/file_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace pretag {
namespace {

class MemoryReader final : public FileReader {
 public:
  explicit MemoryReader(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
  uint64_t size() const override { return bytes_.size(); }
  Result<size_t> read(uint64_t offset, std::span<std::byte> into) override {
    if (offset >= bytes_.size()) return size_t{0};
    const size_t count = std::min<size_t>(into.size(), bytes_.size() - offset);
    std::memcpy(into.data(), bytes_.data() + offset, count);
    return count;
  }

 private:
  const std::vector<std::byte> bytes_;
};

}  // namespace

std::unique_ptr<FileReader> memory_reader(std::vector<std::byte> bytes) {
  return std::make_unique<MemoryReader>(std::move(bytes));
}

}  // namespace pretag
