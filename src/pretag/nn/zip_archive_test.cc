#include "pretag/nn/zip_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/pickle_writer.h"
#include "support/zip_writer.h"

namespace pretag {
namespace {

using ::testing::HasSubstr;

std::string archive_of(const std::string& content, ZipWriter::Packing packing, bool zip64 = false) {
  ZipWriter writer;
  writer.add("first", "one");
  writer.add("folder/second", content, packing);
  return writer.finish(zip64);
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The content of folder/second, or the error of opening or reading it.
std::string read_second(const std::string& file, uint64_t max_size = 1 << 20) {
  const auto archive = ZipArchive::open(as_bytes(file));
  if (!archive.ok()) return archive.error().message;
  const auto content = archive->read("folder/second", max_size);
  return content.ok() ? text_of(content->bytes) : content.error().message;
}

const std::string kText(5000, 'x');

TEST(ZipArchive, ReadsStoredAndDeflatedEntries) {
  for (const auto packing : {ZipWriter::Packing::kStored, ZipWriter::Packing::kDeflated}) {
    for (const bool zip64 : {false, true}) {
      EXPECT_EQ(read_second(archive_of(kText, packing, zip64)), kText) << zip64;
      EXPECT_EQ(read_second(archive_of("", packing, zip64)), "") << zip64;
    }
  }
}

TEST(ZipArchive, StoredEntriesAreViewsOfTheArchive) {
  const std::string file = archive_of(kText, ZipWriter::Packing::kStored);
  const auto archive = ZipArchive::open(as_bytes(file));
  const auto content = archive->read("folder/second", kText.size());
  ASSERT_TRUE(content.ok());
  EXPECT_EQ(content->bytes.data(), as_bytes(file).data() + file.find("xxx"));
}

TEST(ZipArchive, FindsTheDirectoryBehindAComment) {
  std::string file = archive_of(kText, ZipWriter::Packing::kStored);
  file[file.size() - 2] = 5;
  EXPECT_EQ(read_second(file + "hello"), kText);
}

TEST(ZipArchive, NoticesAChangedByte) {
  for (const auto packing : {ZipWriter::Packing::kStored, ZipWriter::Packing::kDeflated}) {
    std::string file = archive_of("The quick brown fox", packing);
    // The writer puts an entry's data at the next multiple of 64.
    const size_t data = (file.find("folder/second") + 13 + 4 + 63) / 64 * 64, at = data + 5;
    file[at] = static_cast<char>(file[at] ^ 1);
    EXPECT_THAT(read_second(file), HasSubstr("the zip archive is damaged")) << at;
  }
}

TEST(ZipArchive, EveryTruncationIsAnError) {
  const std::string file = archive_of("content", ZipWriter::Packing::kStored, true);
  for (size_t size = 0; size < file.size(); ++size) EXPECT_NE(read_second(file.substr(0, size)), "content") << size;
  EXPECT_THAT(read_second(file.substr(0, file.size() / 2)), HasSubstr("cut-off zip archive"));
}

TEST(ZipArchive, RefusesSizesThatCannotBe) {
  EXPECT_THAT(read_second(archive_of(kText, ZipWriter::Packing::kStored), kText.size() - 1),
              HasSubstr("claims 5000 bytes"));
  // The uncompressed size in the directory, set to nearly 4 GiB: refused before anything is allocated.
  std::string file = archive_of(kText, ZipWriter::Packing::kDeflated);
  const size_t entry = file.rfind("PK\x01\x02");
  file.replace(entry + 24, 4, "\xF0\xFF\xFF\xFF");
  EXPECT_THAT(read_second(file, uint64_t{1} << 40), HasSubstr("claims 4294967280 bytes from"));
}

TEST(ZipArchive, RefusesEncryptedAndUnusualEntries) {
  std::string file = archive_of(kText, ZipWriter::Packing::kStored);
  const size_t entry = file.rfind("PK\x01\x02");
  std::string encrypted = file, bzip2 = file;
  encrypted[entry + 8] = 1;
  bzip2[entry + 10] = 12;
  EXPECT_THAT(read_second(encrypted), HasSubstr("encrypted or packed in an unusual way"));
  EXPECT_THAT(read_second(bzip2), HasSubstr("encrypted or packed in an unusual way"));
}

TEST(ZipArchive, RefusesTheSameNameTwice) {
  ZipWriter writer;
  writer.add("a", "1");
  writer.add("a", "2");
  const std::string file = writer.finish();
  const auto archive = ZipArchive::open(as_bytes(file));
  ASSERT_FALSE(archive.ok());
  EXPECT_THAT(archive.error().message, HasSubstr("same name twice"));
}

TEST(ZipArchive, RefusesOffsetsOutsideOfIt) {
  std::string file = archive_of(kText, ZipWriter::Packing::kStored);
  std::string directory = file, header = file;
  directory.replace(directory.size() - 6, 4, "\xF0\xFF\xFF\x7F");
  EXPECT_THAT(read_second(directory), HasSubstr("directory lies outside"));
  header.replace(header.rfind("PK\x01\x02") + 42, 4, "\xF0\xFF\xFF\x7F");
  EXPECT_THAT(read_second(header), HasSubstr("'folder/second' lies outside"));
}

}  // namespace
}  // namespace pretag
