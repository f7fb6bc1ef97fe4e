#include "support/zip_writer.h"

#include <zlib.h>

#include <cstring>

namespace pretag {

namespace {

template <class T>
void put(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

std::string deflated(std::string_view content) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

}  // namespace

void ZipWriter::add(const std::string& name, std::string_view content, Packing packing) {
  const std::string packed = packing == Packing::kDeflated ? deflated(content) : std::string(content);
  const auto crc = static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size())));
  const uint16_t method = packing == Packing::kDeflated ? 8 : 0;
  entries_.push_back({name, method, crc, packed.size(), content.size(), bytes_.size()});

  constexpr size_t kHeader = 30, kAlignment = 64;
  const size_t unpadded = bytes_.size() + kHeader + name.size() + 4;
  const auto padding = static_cast<uint16_t>((kAlignment - unpadded % kAlignment) % kAlignment);
  put<uint32_t>(bytes_, 0x04034B50);
  put<uint16_t>(bytes_, 20), put<uint16_t>(bytes_, 0), put(bytes_, method);
  put<uint32_t>(bytes_, 0), put(bytes_, crc);
  put(bytes_, static_cast<uint32_t>(packed.size())), put(bytes_, static_cast<uint32_t>(content.size()));
  put(bytes_, static_cast<uint16_t>(name.size())), put(bytes_, static_cast<uint16_t>(padding + 4));
  bytes_ += name;
  put<uint16_t>(bytes_, 0x4246), put(bytes_, padding);  // "FB", the padding field of torch.save
  bytes_.append(padding, 'Z');
  bytes_ += packed;
}

std::string ZipWriter::finish(bool zip64) const {
  std::string bytes = bytes_;
  for (const Entry& entry : entries_) {
    const auto field = [&](uint64_t value) { put(bytes, zip64 ? 0xFFFFFFFFu : static_cast<uint32_t>(value)); };
    put<uint32_t>(bytes, 0x02014B50);
    put<uint16_t>(bytes, 45), put<uint16_t>(bytes, 45), put<uint16_t>(bytes, 0), put(bytes, entry.method);
    put<uint32_t>(bytes, 0), put(bytes, entry.crc);
    field(entry.compressed_size), field(entry.size);
    put(bytes, static_cast<uint16_t>(entry.name.size())), put<uint16_t>(bytes, zip64 ? 28 : 0);
    put<uint16_t>(bytes, 0), put<uint16_t>(bytes, 0), put<uint16_t>(bytes, 0), put<uint32_t>(bytes, 0);
    field(entry.offset);
    bytes += entry.name;
    if (!zip64) continue;
    put<uint16_t>(bytes, 1), put<uint16_t>(bytes, 24);
    put(bytes, entry.size), put(bytes, entry.compressed_size), put(bytes, entry.offset);
  }
  const uint64_t offset = bytes_.size(), size = bytes.size() - offset, count = entries_.size();
  if (zip64) {
    const uint64_t end64_at = bytes.size();
    put<uint32_t>(bytes, 0x06064B50), put<uint64_t>(bytes, 44);
    put<uint16_t>(bytes, 45), put<uint16_t>(bytes, 45), put<uint32_t>(bytes, 0), put<uint32_t>(bytes, 0);
    put(bytes, count), put(bytes, count), put(bytes, size), put(bytes, offset);
    put<uint32_t>(bytes, 0x07064B50), put<uint32_t>(bytes, 0), put(bytes, end64_at), put<uint32_t>(bytes, 1);
  }
  put<uint32_t>(bytes, 0x06054B50), put<uint16_t>(bytes, 0), put<uint16_t>(bytes, 0);
  put(bytes, static_cast<uint16_t>(count)), put(bytes, static_cast<uint16_t>(count));
  put(bytes, zip64 ? 0xFFFFFFFFu : static_cast<uint32_t>(size));
  put(bytes, zip64 ? 0xFFFFFFFFu : static_cast<uint32_t>(offset));
  put<uint16_t>(bytes, 0);
  return bytes;
}

}  // namespace pretag
