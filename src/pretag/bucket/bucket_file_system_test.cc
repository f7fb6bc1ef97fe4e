#include "pretag/bucket/bucket_file_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <span>

#include "pretag/bucket/s3_signer.h"
#include "pretag/util/percent.h"
#include "support/manual_clock.h"
#include "support/scripted_http_client.h"

namespace pretag {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

// The answers of a service at http://store with one bucket, as S3 gives them.
class MemoryBucket {
 public:
  Result<HttpAnswer> answer(const HttpCall& call) {
    if (is_away) return Error{ErrorCode::kInvalidArgument, "http://store: the certificate is not to be trusted"};
    const std::string prefix = "http://store/bucket/";
    if (!call.url.starts_with(prefix)) return HttpAnswer{404, "<Error><Code>NoSuchBucket</Code></Error>"};
    const size_t question = call.url.find('?');
    const std::string key = *percent_decode(call.url.substr(prefix.size(), question - prefix.size()));
    if (call.method == "PUT") return objects[key] = call.body, HttpAnswer{200, ""};
    if (call.method == "DELETE") return objects.erase(key), HttpAnswer{204, ""};
    if (key.empty()) return HttpAnswer{200, listing(parameters(call.url.substr(question + 1)))};
    if (!objects.contains(key)) return HttpAnswer{404, "<Error><Code>NoSuchKey</Code></Error>"};
    if (objects[key].size() > call.max_answer_bytes) return Error{ErrorCode::kUnsupported, "the answer has more"};
    return HttpAnswer{200, objects[key]};
  }

  std::map<std::string, std::string> objects;
  size_t page = 1000;
  bool is_away = false;
  bool goes_in_circles = false;
  bool promises_more = false;  // after every page that is full

 private:
  static std::map<std::string, std::string> parameters(const std::string& query) {
    std::map<std::string, std::string> found;
    for (size_t begin = 0; begin < query.size();) {
      const size_t end = std::min(query.find('&', begin), query.size()), equals = query.find('=', begin);
      found[query.substr(begin, equals - begin)] = *percent_decode(query.substr(equals + 1, end - equals - 1));
      begin = end + 1;
    }
    return found;
  }

  // ListObjectsV2, with encoded names. A token is the last name of the page before.
  std::string listing(std::map<std::string, std::string> query) const {
    const std::string prefix = query["prefix"], delimiter = query["delimiter"], after = query["continuation-token"];
    const size_t most = std::min(page, query.contains("max-keys") ? std::stoul(query["max-keys"]) : 1000);
    std::string content, last;
    size_t count = 0;
    for (const auto& [key, bytes] : objects) {
      if (!key.starts_with(prefix)) continue;
      const size_t cut = delimiter.empty() ? std::string::npos : key.find(delimiter, prefix.size());
      const std::string name = key.substr(0, cut == std::string::npos ? cut : cut + delimiter.size());
      if ((!after.empty() && name <= after) || name == last) continue;
      if (count++ == most) break;
      content += cut == std::string::npos
                     ? "<Contents><Key>" + percent_encode(name) + "</Key><Size>" + std::to_string(bytes.size()) +
                           "</Size><LastModified>2026-11-29T12:34:56.000Z</LastModified></Contents>"
                     : "<CommonPrefixes><Prefix>" + percent_encode(name) + "</Prefix></CommonPrefixes>";
      last = name;
    }
    if (count > most || (promises_more && count == most)) {
      content += "<IsTruncated>true</IsTruncated><NextContinuationToken>" + last + "</NextContinuationToken>";
    }
    if (goes_in_circles) content = "<IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken>";
    return "<ListBucketResult><EncodingType>url</EncodingType>" + content + "</ListBucketResult>";
  }
};

class BucketFileSystemTest : public ::testing::Test {
 protected:
  void add(const std::vector<std::string>& keys) {
    for (const std::string& key : keys) bucket_.objects[key] = "bytes of " + key;
  }
  // "name", "name/" of folders, "name?" of those with a problem.
  static std::vector<std::string> names_of(const Result<std::vector<DirectoryEntry>>& entries) {
    if (!entries) return {"error: " + entries.error().message};
    std::vector<std::string> names;
    for (const DirectoryEntry& entry : *entries) {
      EXPECT_TRUE(!entry.problem.empty() || entry.is_directory != entry.is_file) << entry.name;
      names.push_back(entry.name + (entry.is_directory ? "/" : "") + (entry.problem.empty() ? "" : "?"));
    }
    return names;
  }
  std::vector<std::string> list(const std::string& directory) const { return names_of(files_->list(directory)); }
  std::string text_of(const std::string& path) const {
    const auto bytes = files_->read(path, 1000);
    return bytes ? std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size()) : bytes.error().message;
  }

  MemoryBucket bucket_;
  ScriptedHttpClient http_{[this](const HttpCall& call) { return bucket_.answer(call); }};
  ManualClock clock_;
  const Pause pause_ = [this](double seconds) { return clock_.advance(seconds), true; };
  const std::unique_ptr<FileSystem> files_ = bucket_file_system(
      std::make_unique<BucketClient>(http_, s3_dialect(), make_s3_signer({.endpoint = "http://store"}, nullptr), pause_,
                                     BucketClient::kRetries, clock_));
};

TEST_F(BucketFileSystemTest, AFolderListsWhatLiesInItAndNothingDeeper) {
  add({"a.jpg", "photos/b.jpg", "photos/2026/c.jpg", "photos/2026/01/d.jpg", "photos/2025/e.jpg", "photosets/f.jpg"});
  EXPECT_THAT(list("s3://bucket"), ElementsAre("a.jpg", "photos/", "photosets/"));
  EXPECT_THAT(list("s3://bucket/photos"), ElementsAre("2025/", "2026/", "b.jpg"));
  EXPECT_THAT(list("s3://bucket/photos/"), ElementsAre("2025/", "2026/", "b.jpg"));
  EXPECT_THAT(list("s3://bucket/photos/2026/01"), ElementsAre("d.jpg"));
}

TEST_F(BucketFileSystemTest, OnlyWantedNamesAreListed) {
  add({"a.jpg", "b.txt", "c/d.jpg"});
  const auto wanted = [](std::string_view name) { return name != "b.txt"; };
  EXPECT_THAT(names_of(files_->list_wanted("s3://bucket", wanted)), ElementsAre("a.jpg", "c/"));
  EXPECT_THAT(names_of(files_->list_wanted("s3://bucket", [](std::string_view) { return false; })), IsEmpty());
}

TEST_F(BucketFileSystemTest, SeveralPagesAreOneSortedListing) {
  add({"b", "c/1", "c/2", "c/3", "d", "e/1", "f"});
  bucket_.page = 2;
  EXPECT_THAT(list("s3://bucket"), ElementsAre("b", "c/", "d", "e/", "f"));
  EXPECT_EQ(http_.calls().size(), 3u);
}

TEST_F(BucketFileSystemTest, TheLastPageMayBeEmpty) {
  add({"photos/a"});
  bucket_.page = 1;
  bucket_.promises_more = true;
  EXPECT_THAT(list("s3://bucket/photos"), ElementsAre("a"));
  EXPECT_EQ(http_.calls().size(), 2u);
}

TEST_F(BucketFileSystemTest, NamesAreWhateverBytesTheyAre) {
  add({"a b+ü&<%41>.jpg", " ", "line\nbreak"});
  EXPECT_THAT(list("s3://bucket"), UnorderedElementsAre("a b+ü&<%41>.jpg", " ", "line\nbreak"));
  EXPECT_EQ(text_of("s3://bucket/a b+ü&<%41>.jpg"), "bytes of a b+ü&<%41>.jpg");
}

TEST_F(BucketFileSystemTest, AFileAndAFolderOfOneNameAreBothListed) {
  add({"a", "a/b", "a-b"});
  EXPECT_THAT(list("s3://bucket"), UnorderedElementsAre("a", "a/", "a-b"));
  EXPECT_EQ(text_of("s3://bucket/a"), "bytes of a");
  EXPECT_TRUE(files_->entry("s3://bucket/a")->is_directory);
}

TEST_F(BucketFileSystemTest, ObjectsThatStandForFoldersAreNoFiles) {
  add({"photos/", "photos/a.jpg", "empty/"});
  EXPECT_THAT(list("s3://bucket"), ElementsAre("empty/", "photos/"));
  EXPECT_THAT(list("s3://bucket/photos"), ElementsAre("a.jpg"));
  EXPECT_THAT(list("s3://bucket/empty"), IsEmpty());
  EXPECT_TRUE(files_->entry("s3://bucket/empty")->is_directory);
  EXPECT_TRUE(files_->exists("s3://bucket/empty"));
}

TEST_F(BucketFileSystemTest, AFolderWithoutANameIsListedWithTheProblem) {
  add({"a//b.jpg", "a/c.jpg", "/d.jpg"});
  EXPECT_THAT(list("s3://bucket"), ElementsAre("?", "a/"));
  const auto entries = files_->list("s3://bucket/a");
  EXPECT_THAT(names_of(entries), ElementsAre("?", "c.jpg"));
  EXPECT_THAT(entries->front().problem, HasSubstr("without a name"));
}

TEST_F(BucketFileSystemTest, WhatIsNotThereCannotBeListed) {
  add({"photos/a.jpg"});
  for (const std::string path : {"s3://bucket/phot", "s3://bucket/photos/a.jpg", "s3://bucket/x"}) {
    const auto entries = files_->list(path);
    ASSERT_FALSE(entries) << path;
    EXPECT_EQ(entries.error().code, ErrorCode::kNotFound) << path;
    EXPECT_THAT(entries.error().message, StartsWith(path + ": "));
  }
}

// It says nothing of the files, which a wrong name would make look deleted.
TEST_F(BucketFileSystemTest, ABucketThatIsNotThereIsUnavailable) {
  for (const Error& error : {files_->list("s3://other/a").error(), files_->entry("s3://other/a").error(),
                             files_->read("s3://other/a", 1).error()}) {
    EXPECT_EQ(error.code, ErrorCode::kUnavailable);
    EXPECT_EQ(error.message, "s3://other/a: there is no such bucket");
  }
}

TEST_F(BucketFileSystemTest, AListingThatGoesRoundInCirclesIsCorrupt) {
  bucket_.goes_in_circles = true;
  EXPECT_EQ(files_->list("s3://bucket").error().code, ErrorCode::kCorrupt);
}

TEST_F(BucketFileSystemTest, AnEntryIsAFileAFolderOrNothing) {
  add({"photos/a.jpg", "photos/a.jpg.bak"});
  const auto file = files_->entry("s3://bucket/photos/a.jpg"), folder = files_->entry("s3://bucket/photos"),
             all = files_->entry("s3://bucket");
  ASSERT_TRUE(file && folder && all);
  EXPECT_TRUE(file->is_file && !file->is_directory);
  EXPECT_EQ(file->name, "a.jpg");
  EXPECT_TRUE(folder->is_directory && !folder->is_file);
  EXPECT_EQ(folder->name, "photos");
  EXPECT_TRUE(all->is_directory);
  EXPECT_EQ(all->name, "bucket");
  for (const std::string path : {"s3://bucket/photos/a", "s3://bucket/phot", "s3://bucket/x"}) {
    const auto nothing = files_->entry(path);
    ASSERT_FALSE(nothing) << path;
    EXPECT_EQ(nothing.error().code, ErrorCode::kNotFound);
    EXPECT_THAT(nothing.error().message, StartsWith(path + ": "));
  }
}

TEST_F(BucketFileSystemTest, FilesHaveTheirSizeAndTime) {
  bucket_.objects["photos/a.jpg"] = "12345";
  const auto listed = files_->list("s3://bucket/photos");
  const auto entry = files_->entry("s3://bucket/photos/a.jpg");
  ASSERT_TRUE(listed && entry);
  for (const DirectoryEntry& file : {listed->at(0), *entry}) {
    EXPECT_EQ(file.bytes, 5u);
    EXPECT_EQ(file.modified, 1795955696);
  }
}

TEST_F(BucketFileSystemTest, AFolderIsTheSameWithASlashAtItsEnd) {
  add({"photos/a.jpg"});
  const auto plain = files_->entry("s3://bucket/photos"), slash = files_->entry("s3://bucket/photos/");
  ASSERT_TRUE(plain && slash);
  EXPECT_EQ(slash->name, "photos");
  EXPECT_EQ(slash->inode, plain->inode);
  EXPECT_EQ(files_->list("s3://bucket/photos/")->at(0).inode, files_->entry("s3://bucket/photos/a.jpg")->inode);
}

TEST_F(BucketFileSystemTest, DeviceAndInodeTellFilesApart) {
  add({"photos/a.jpg", "photos/b.jpg"});
  const auto entries = files_->list("s3://bucket/photos");
  ASSERT_EQ(entries->size(), 2u);
  EXPECT_NE(entries->at(0).inode, entries->at(1).inode);
  const auto a = files_->entry("s3://bucket/photos/a.jpg");
  EXPECT_EQ(a->inode, entries->at(0).inode);
  EXPECT_EQ(a->device, entries->at(0).device);
}

TEST_F(BucketFileSystemTest, WhatExistsIsAFileOrAFolder) {
  add({"photos/a.jpg"});
  for (const char* path : {"s3://bucket", "s3://bucket/photos", "s3://bucket/photos/", "s3://bucket/photos/a.jpg"}) {
    EXPECT_TRUE(files_->exists(path)) << path;
  }
  for (const char* path : {"s3://bucket/phot", "s3://bucket/photos/a.jp", "s3://bucket/photos/a.jpg/x", "s3://other",
                           "s3://", "/photos/a.jpg"}) {
    EXPECT_FALSE(files_->exists(path)) << path;
  }
  bucket_.is_away = true;
  EXPECT_FALSE(files_->exists("s3://bucket/photos/a.jpg"));
}

TEST_F(BucketFileSystemTest, ReadingWhatIsMissingOrTooLargeNamesThePath) {
  add({"a.jpg"});
  const auto missing = files_->read("s3://bucket/b.jpg", 1000), large = files_->read("s3://bucket/a.jpg", 3);
  ASSERT_FALSE(missing || large);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(missing.error().message, "s3://bucket/b.jpg: there is no such object");
  EXPECT_EQ(large.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(large.error().message, StartsWith("s3://bucket/a.jpg: "));
  EXPECT_EQ(files_->read("/a.jpg", 3).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(BucketFileSystemTest, AFileIsOpenedToBeReadInParts) {
  add({"a.mp4"});
  const auto reader = files_->open("s3://bucket/a.mp4");
  ASSERT_TRUE(reader) << reader.error().message;
  std::string part(5, '\0');
  EXPECT_EQ(*(*reader)->read(9, std::as_writable_bytes(std::span(part))), 5u);
  EXPECT_EQ(part, "a.mp4");
  EXPECT_EQ(files_->open("s3://bucket/b.mp4").error().message, "s3://bucket/b.mp4: there is no such object");
}

TEST_F(BucketFileSystemTest, WhatIsWrittenIsReadBack) {
  EXPECT_TRUE(files_->make_directories("s3://bucket/new"));
  EXPECT_THAT(http_.calls(), IsEmpty());
  EXPECT_TRUE(files_->write_atomically("s3://bucket/new/a b.bin", std::string_view("x\0y", 3)));
  EXPECT_EQ(text_of("s3://bucket/new/a b.bin"), std::string("x\0y", 3));
  EXPECT_TRUE(files_->write_one_of_many("s3://bucket/new/a b.bin", "other"));
  EXPECT_EQ(text_of("s3://bucket/new/a b.bin"), "other");
  EXPECT_THAT(list("s3://bucket/new"), ElementsAre("a b.bin"));
}

TEST_F(BucketFileSystemTest, AStreamIsWrittenAsAWholeOrNotAtAll) {
  EXPECT_TRUE(files_->stream_atomically("s3://bucket/a", [](const FileSystem::Sink& sink) -> Status {
    PRETAG_TRY(sink("one "));
    return sink("two");
  }));
  EXPECT_EQ(text_of("s3://bucket/a"), "one two");
  const Status failed = files_->stream_atomically("s3://bucket/a", [](const FileSystem::Sink& sink) -> Status {
    PRETAG_TRY(sink("half"));
    return Error{ErrorCode::kInternal, "no more"};
  });
  EXPECT_EQ(failed.error().message, "no more");
  EXPECT_EQ(text_of("s3://bucket/a"), "one two");
}

// It would be asked for its listing, or be made.
TEST_F(BucketFileSystemTest, ABucketIsNoFile) {
  add({"a"});
  for (const char* path : {"s3://bucket", "s3://bucket/"}) {
    EXPECT_FALSE(files_->read(path, 1000)) << text_of(path);
    EXPECT_FALSE(files_->write_atomically(path, "bytes"));
    const auto removed = files_->remove(path);
    EXPECT_FALSE(removed && *removed);
  }
  for (const HttpCall& call : http_.calls()) EXPECT_EQ(call.method, "GET") << call.url;
}

TEST_F(BucketFileSystemTest, FilesAreRemovedAndFoldersStay) {
  add({"photos/a.jpg", "photos/a.jpg.bak"});
  EXPECT_TRUE(*files_->remove("s3://bucket/photos/a.jpg"));
  EXPECT_FALSE(*files_->remove("s3://bucket/photos/a.jpg"));
  EXPECT_FALSE(*files_->remove("s3://bucket/photos"));
  EXPECT_THAT(list("s3://bucket/photos"), ElementsAre("a.jpg.bak"));
}

TEST_F(BucketFileSystemTest, TheCanonicalNameHasNoSlashAtItsEnd) {
  EXPECT_EQ(files_->canonical("s3://bucket/"), "s3://bucket");
  EXPECT_EQ(files_->canonical("s3://bucket/photos//"), "s3://bucket/photos");
  EXPECT_EQ(files_->canonical("s3://bucket/a//b"), "s3://bucket/a//b");
  EXPECT_EQ(files_->canonical("/photos/"), "/photos/");
  EXPECT_TRUE(files_->is_remote("s3://bucket"));
  EXPECT_THAT(http_.calls(), IsEmpty());
}

TEST_F(BucketFileSystemTest, ErrorsOfTheServiceNameThePath) {
  bucket_.is_away = true;
  const std::string path = "s3://bucket/a";
  for (const Error& error : {files_->read(path, 1).error(), files_->write_atomically(path, "").error(),
                             files_->list(path).error(), files_->entry(path).error(), files_->remove(path).error()}) {
    EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(error.message, StartsWith(path + ": "));
    EXPECT_THAT(error.message, HasSubstr("certificate"));
  }
}

}  // namespace
}  // namespace pretag
