#include "pretag/nn/zip_archive.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "pretag/nn/byte_reader.h"

namespace pretag {

namespace {

constexpr uint32_t kLocalHeader = 0x04034B50, kCentralHeader = 0x02014B50, kEnd = 0x06054B50, kEnd64 = 0x06064B50,
                   kEnd64Locator = 0x07064B50;
constexpr size_t kEndSize = 22, kEnd64LocatorSize = 20, kMaxComment = 65535;
constexpr uint16_t kEncrypted = 1, kStored = 0, kDeflated = 8;
constexpr uint32_t kInZip64Extra = 0xFFFFFFFF;
// Deflate cannot do better than one bit per 258 bytes, nearly (zlib's technical details: 1032 to 1).
constexpr uint64_t kBestDeflateRatio = 1032;

Error corrupt(const std::string& message) { return {ErrorCode::kCorrupt, "the zip archive is damaged: " + message}; }

struct Directory {
  uint64_t offset = 0, size = 0;
};

// Reads a fixed-size record field by field; `ok` turns false when the bytes do not suffice.
class Record {
 public:
  explicit Record(std::span<const std::byte> bytes) : reader_(bytes) {}
  bool ok = true;

  template <class T>
  T next() {
    const auto value = reader_.number<T>();
    ok = ok && value.has_value();
    return value.value_or(0);
  }
  std::string_view text(size_t count) {
    const auto value = reader_.text(count);
    ok = ok && value.has_value();
    return value.value_or(std::string_view());
  }
  std::span<const std::byte> bytes(size_t count) {
    const auto value = reader_.take(count);
    ok = ok && value.has_value();
    return value.value_or(std::span<const std::byte>());
  }
  void skip(size_t count) { (void)bytes(count); }
  size_t remaining() const { return reader_.remaining(); }
  size_t position() const { return reader_.position(); }

 private:
  ByteReader reader_;
};

std::optional<size_t> find_end_record(std::span<const std::byte> bytes) {
  if (bytes.size() < kEndSize) return std::nullopt;
  const size_t last = bytes.size() - kEndSize, first = last > kMaxComment ? last - kMaxComment : 0;
  for (size_t at = last;; --at) {
    if (Record(bytes.subspan(at)).next<uint32_t>() == kEnd) return at;
    if (at == first) return std::nullopt;
  }
}

Result<Directory> find_directory(std::span<const std::byte> bytes) {
  const auto end_at = find_end_record(bytes);
  if (!end_at) return Error{ErrorCode::kCorrupt, "is a cut-off zip archive; download or copy it again"};
  Record end(bytes.subspan(*end_at));
  end.skip(12);
  const uint64_t size = end.next<uint32_t>(), offset = end.next<uint32_t>();
  if (*end_at < kEnd64LocatorSize) return Directory{offset, size};

  Record locator(bytes.subspan(*end_at - kEnd64LocatorSize));
  if (locator.next<uint32_t>() != kEnd64Locator) return Directory{offset, size};
  locator.skip(4);
  const auto end64_at = locator.next<uint64_t>();
  if (end64_at > bytes.size()) return corrupt("its zip64 record lies outside of it");
  Record end64(bytes.subspan(end64_at));
  if (end64.next<uint32_t>() != kEnd64) return corrupt("its zip64 record is missing");
  end64.skip(36);
  const auto size64 = end64.next<uint64_t>(), offset64 = end64.next<uint64_t>();
  if (!end64.ok) return corrupt("its zip64 record is cut off");
  return Directory{offset64, size64};
}

// Extra field 1 holds, in this order, the 64-bit forms of those fields that are 0xFFFFFFFF in the header.
Status apply_zip64_extra(std::span<const std::byte> extra, ZipEntry& entry) {
  Record fields(extra);
  while (fields.remaining() >= 4) {
    const auto id = fields.next<uint16_t>(), size = fields.next<uint16_t>();
    Record field(fields.bytes(size));
    if (id != 1) continue;
    for (uint64_t* value : {&entry.size, &entry.compressed_size, &entry.header_offset}) {
      if (*value == kInZip64Extra) *value = field.next<uint64_t>();
    }
    if (!field.ok || !fields.ok) return corrupt("a zip64 field is cut off");
  }
  return {};
}

Result<std::pair<std::string, ZipEntry>> read_central_header(Record& record) {
  if (record.next<uint32_t>() != kCentralHeader) return corrupt("its directory is broken");
  record.skip(4);  // versions
  ZipEntry entry;
  entry.flags = record.next<uint16_t>();
  entry.method = record.next<uint16_t>();
  record.skip(4);  // time and date
  entry.crc = record.next<uint32_t>();
  entry.compressed_size = record.next<uint32_t>();
  entry.size = record.next<uint32_t>();
  const auto name_size = record.next<uint16_t>(), extra_size = record.next<uint16_t>(),
             comment_size = record.next<uint16_t>();
  record.skip(8);  // disk and attributes
  entry.header_offset = record.next<uint32_t>();
  std::string name(record.text(name_size));
  const auto extra = record.bytes(extra_size);
  record.skip(comment_size);
  if (!record.ok) return corrupt("its directory is cut off");
  PRETAG_TRY(apply_zip64_extra(extra, entry));
  return std::pair(std::move(name), entry);
}

Result<std::vector<std::byte>> inflate_all(std::span<const std::byte> packed, uint64_t size, const std::string& name) {
  if (size / kBestDeflateRatio > packed.size()) {
    return corrupt(fmt::format("'{}' claims {} bytes from {}", name, size, packed.size()));
  }
  if (size == 0) return std::vector<std::byte>();  // zlib wants somewhere to write
  z_stream stream{};
  if (::inflateInit2(&stream, -MAX_WBITS) != Z_OK) return Error{ErrorCode::kInternal, "zlib does not start"};
  const std::unique_ptr<z_stream, int (*)(z_stream*)> closer(&stream, ::inflateEnd);

  std::vector<std::byte> bytes(size);
  size_t taken = 0, made = 0;
  int state = Z_OK;
  do {  // zlib counts in 32 bits, so large entries go in pieces
    constexpr size_t kPiece = size_t{1} << 30;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data() + taken));
    stream.avail_in = static_cast<uInt>(std::min(packed.size() - taken, kPiece));
    stream.next_out = reinterpret_cast<Bytef*>(bytes.data() + made);
    stream.avail_out = static_cast<uInt>(std::min(bytes.size() - made, kPiece));
    state = ::inflate(&stream, Z_NO_FLUSH);
    taken = static_cast<size_t>(reinterpret_cast<const std::byte*>(stream.next_in) - packed.data());
    made = static_cast<size_t>(reinterpret_cast<std::byte*>(stream.next_out) - bytes.data());
  } while (state == Z_OK);
  if (state != Z_STREAM_END || made != size) return corrupt(fmt::format("'{}' does not unpack", name));
  return bytes;
}

uint32_t crc_of(std::span<const std::byte> bytes) {
  return static_cast<uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace

Result<ZipArchive> ZipArchive::open(std::span<const std::byte> bytes) {
  PRETAG_ASSIGN(const Directory directory, find_directory(bytes));
  if (directory.offset > bytes.size() || directory.size > bytes.size() - directory.offset) {
    return corrupt("its directory lies outside of it");
  }
  ZipArchive archive(bytes);
  Record record(bytes.subspan(directory.offset, directory.size));
  while (record.remaining() > 0) {
    PRETAG_ASSIGN(auto entry, read_central_header(record));
    if (!archive.entries_.insert(std::move(entry)).second) return corrupt("it has the same name twice");
  }
  return archive;
}

Result<ZipContent> ZipArchive::read(const std::string& name, uint64_t max_size) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return Error{ErrorCode::kNotFound, fmt::format("the zip archive has no '{}'", name)};
  const ZipEntry& entry = found->second;
  if ((entry.flags & kEncrypted) != 0 || (entry.method != kStored && entry.method != kDeflated)) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("'{}' in the zip archive is encrypted or packed in an unusual way", name)};
  }
  if (entry.size > max_size) return corrupt(fmt::format("'{}' claims {} bytes", name, entry.size));

  if (entry.header_offset > bytes_.size()) return corrupt(fmt::format("'{}' lies outside of it", name));
  Record local(bytes_.subspan(entry.header_offset));
  if (local.next<uint32_t>() != kLocalHeader) return corrupt(fmt::format("'{}' has no header", name));
  local.skip(22);
  const auto name_size = local.next<uint16_t>(), extra_size = local.next<uint16_t>();
  local.skip(size_t{name_size} + extra_size);
  if (!local.ok || entry.compressed_size > local.remaining()) return corrupt(fmt::format("'{}' is cut off", name));
  const auto packed = local.bytes(entry.compressed_size);

  ZipContent content{packed, {}};
  if (entry.method == kDeflated) {
    PRETAG_ASSIGN(content.inflated, inflate_all(packed, entry.size, name));
    content.bytes = content.inflated;
  }
  if (content.bytes.size() != entry.size) return corrupt(fmt::format("'{}' has another size than claimed", name));
  if (crc_of(content.bytes) != entry.crc) {
    return corrupt(fmt::format("the checksum of '{}' is wrong; download or copy it again", name));
  }
  return content;
}

}  // namespace pretag
