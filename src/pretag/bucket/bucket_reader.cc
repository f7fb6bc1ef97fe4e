#include "pretag/bucket/bucket_reader.h"

#include <algorithm>
#include <cstring>
#include <list>
#include <string>
#include <utility>

namespace pretag {
namespace {

class BucketReader final : public FileReader {
 public:
  BucketReader(const BucketClient& client, BucketUrl object) : client_(client), object_(std::move(object)) {}

  // The first block, which tells the size.
  Status open() {
    PRETAG_ASSIGN(BucketClient::Part part, client_.get_part(object_, 0, kBlock));
    size_ = part.total_bytes;
    return keep(0, std::move(part));
  }

  uint64_t size() const override { return size_; }

  Result<size_t> read(uint64_t offset, std::span<std::byte> into) override {
    size_t filled = 0;
    while (filled < into.size() && offset + filled < size_) {
      const uint64_t at = offset + filled;
      PRETAG_ASSIGN(const Block* const block, block_at(at / kBlock * kBlock));
      const size_t skipped = at - block->first;
      const size_t count = std::min(into.size() - filled, block->bytes.size() - skipped);
      std::memcpy(into.data() + filled, block->bytes.data() + skipped, count);
      filled += count;
    }
    return filled;
  }

 private:
  static constexpr size_t kBlock = size_t{2} << 20, kMostBlocks = 4;
  struct Block {
    uint64_t first = 0;
    std::string bytes;
  };

  Result<const Block*> block_at(uint64_t first) {
    const auto known = std::ranges::find(blocks_, first, &Block::first);
    if (known != blocks_.end()) {
      blocks_.splice(blocks_.begin(), blocks_, known);
    } else {
      PRETAG_ASSIGN(BucketClient::Part part, client_.get_part(object_, first, kBlock));
      PRETAG_TRY(keep(first, std::move(part)));
    }
    return &blocks_.front();
  }

  Status keep(uint64_t first, BucketClient::Part part) {
    const bool is_whole = part.bytes.size() == std::min<uint64_t>(kBlock, size_ - first);
    if (part.total_bytes != size_ || !is_whole) {
      return Error{ErrorCode::kCorrupt, "the object was changed while it was read"};
    }
    blocks_.push_front({first, std::move(part.bytes)});
    if (blocks_.size() > kMostBlocks) blocks_.pop_back();
    return {};
  }

  const BucketClient& client_;
  const BucketUrl object_;
  uint64_t size_ = 0;
  std::list<Block> blocks_;  // the one used last first
};

}  // namespace

Result<std::unique_ptr<FileReader>> open_bucket_object(const BucketClient& client, BucketUrl object) {
  auto reader = std::make_unique<BucketReader>(client, std::move(object));
  PRETAG_TRY(reader->open());
  return std::unique_ptr<FileReader>(std::move(reader));
}

}  // namespace pretag
