#include "pretag/source/folder_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "support/faulty_file_system.h"
#include "support/memory_file_system.h"
#include "support/source_listing.h"
#include "support/temporary_folder.h"

namespace pretag {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::unique_ptr<Source> open(const std::string& root, FileSystem& files = local_file_system()) {
  auto source = open_folder_source(root, {.file_system = &files});
  EXPECT_TRUE(source.ok()) << source.error().message;
  return source ? *std::move(source) : nullptr;
}

void touch(const std::string& path) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path) << "content of " << fs::path(path).filename().string();
  ASSERT_TRUE(fs::exists(path));
}

std::string text_of(const Result<std::vector<std::byte>>& bytes) {
  return bytes ? std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size()) : bytes.error().message;
}

TEST(FolderSource, ListsImagesOfAllLevelsByExtensionInAnyCase) {
  MemoryFileSystem files;
  for (const char* path : {"in/b.JPG", "in/a.png", "in/sub/deep/c.WebP", "in/notes.txt", "in/sub/labels.json",
                           "in/d.gif", "in/noextension", "in/e.tiff", "in/jpg"}) {
    files.add(path, "x");
  }
  const Listing listing = list(*open("in", files));
  EXPECT_THAT(listing.keys, ElementsAre("a.png", "b.JPG", "d.gif", "e.tiff", "sub/deep/c.WebP"));
  EXPECT_THAT(listing.skipped, IsEmpty());
}

TEST(FolderSource, SharesOutWhatItListsButNotWhatItSkips) {
  MemoryFileSystem files;
  for (int i = 0; i < 60; ++i) files.add("in/sub/" + std::to_string(i) + ".jpg", "x");
  for (int i = 0; i < 20; ++i) files.add("in/\xFF" + std::to_string(i) + ".jpg", "x");
  const Listing whole = list(*open("in", files));
  Listing joined;
  for (int number = 1; number <= 3; ++number) {
    const auto source = open_folder_source("in", {.file_system = &files, .shard = {number, 3}});
    ASSERT_TRUE(source.ok());
    Listing part = list(**source);
    EXPECT_TRUE(std::ranges::is_sorted(part.keys));
    EXPECT_FALSE(part.keys.empty());
    joined.keys.insert(joined.keys.end(), part.keys.begin(), part.keys.end());
    EXPECT_EQ(part.skipped, whole.skipped) << "whoever cannot read something has to say so";
  }
  std::ranges::sort(joined.keys);
  EXPECT_EQ(joined.keys, whole.keys);
}

TEST(FolderSource, GivesASingleFileToOneShard) {
  MemoryFileSystem files;
  files.add("in/a.jpg", "x");
  size_t holders = 0;
  for (int number = 1; number <= 3; ++number) {
    const auto source = open_folder_source("in/a.jpg", {.file_system = &files, .shard = {number, 3}});
    ASSERT_TRUE(source.ok());
    holders += list(**source).keys.size();
  }
  EXPECT_EQ(holders, 1u);
}

TEST(FolderSource, ListsInByteOrderOfTheWholeKey) {
  MemoryFileSystem files;
  for (const char* path : {"in/a/x.jpg", "in/a.b/x.jpg", "in/a.jpg", "in/a-b.jpg", "in/a0.jpg", "in/a b.jpg",
                           "in/A.jpg", "in/a/b/c.jpg", "in/a/b.jpg", "in/é.jpg", "in/z.jpg", "in/a!/x.jpg"}) {
    files.add(path, "x");
  }
  const Listing listing = list(*open("in", files));
  std::vector<std::string> sorted = listing.keys;
  std::ranges::sort(sorted);
  EXPECT_EQ(listing.keys, sorted);
  EXPECT_EQ(listing.keys.size(), 12u);
}

TEST(FolderSource, PassesOverHiddenFilesAndFolders) {
  MemoryFileSystem files;
  for (const char* path : {"in/.lightly/thumbnails/a.jpg", "in/.git/b.png", "in/._c.jpg", "in/c.jpg"})
    files.add(path, "x");
  const Listing listing = list(*open("in", files));
  EXPECT_THAT(listing.keys, ElementsAre("c.jpg"));
  EXPECT_THAT(listing.skipped, IsEmpty());
}

TEST(FolderSource, KeepsNamesOfEveryScriptByteForByte) {
  TemporaryFolder folder;
  std::vector<std::string> names = {"caf\u00e9.jpg",   "cafe\u0301.jpg",  "日本語/写真.png",   "🚗 and 🚲.webp",
                                    "two  spaces.bmp", "line\nbreak.jpg", "quote'\"and\\.jpg", "-rf *.jpg"};
  for (const std::string& name : names) touch(folder / name);
  const auto source = open(folder.path());
  std::ranges::sort(names);
  const Listing listing = list(*source);
  EXPECT_EQ(listing.keys, names);
  for (const std::string& key : listing.keys) {
    EXPECT_EQ(text_of(source->read(key)), "content of " + fs::path(key).filename().string());
  }
}

TEST(FolderSource, GoesOnAfterAKeyAsIfItHadNeverStopped) {
  MemoryFileSystem files;
  for (const char* path : {"in/a/x.jpg", "in/a.b/x.jpg", "in/a.jpg", "in/a-b.jpg", "in/a0.jpg", "in/A.jpg",
                           "in/a/b/c.jpg", "in/a/b.jpg", "in/a/b.c/d.jpg", "in/z.jpg"}) {
    files.add(path, "x");
  }
  const std::vector<std::string> all = list(*open("in", files)).keys;
  ASSERT_EQ(all.size(), 10u);
  for (size_t i = 0; i < all.size(); ++i) {
    const auto rest = open_folder_source("in", {.file_system = &files, .after = all[i]});
    EXPECT_EQ(list(**rest).keys, std::vector<std::string>(all.begin() + static_cast<long>(i) + 1, all.end())) << all[i];
  }
  // What it is to go on after may be gone.
  const auto rest = open_folder_source("in", {.file_system = &files, .after = "a/b/zz.jpg"});
  EXPECT_THAT(list(**rest).keys, ElementsAre("a/x.jpg", "a0.jpg", "z.jpg"));
}

TEST(FolderSource, DoesNotOpenFoldersThatComeBeforeTheKey) {
  MemoryFileSystem memory;
  for (const char* path : {"in/a/b.jpg", "in/c/d/e.jpg", "in/c/f.jpg", "in/c/g/h.jpg"}) memory.add(path, "x");
  FaultyFileSystem files(memory);
  for (const char* opened : {"in/a", "in/c/d"}) files.fail_reads_of(opened, {ErrorCode::kIo, "it was opened"});
  const auto source = open_folder_source("in", {.file_system = &files, .after = "c/f.jpg"});
  const Listing listing = list(**source);
  EXPECT_THAT(listing.keys, ElementsAre("c/g/h.jpg"));
  EXPECT_THAT(listing.skipped, IsEmpty());
}

TEST(FolderSource, ListsFilesOfOtherKindsIfAsked) {
  MemoryFileSystem files;
  for (const char* path : {"in/a.json", "in/b.jpg", "in/sub/c.JSON"}) files.add(path, "x");
  const auto source = open_folder_source("in", {.file_system = &files, .extensions = {"json"}});
  EXPECT_THAT(list(**source).keys, ElementsAre("a.json", "sub/c.JSON"));
}

TEST(FolderSource, SkipsNamesThatAreNotUtf8) {
  TemporaryFolder folder;
  touch(folder / "fine.jpg");
  touch(folder / "caf\xE9.jpg");
  touch(folder / "dir\xFF/inside.jpg");
  touch(folder / "notes\xE9.txt");  // not an image anyway
  const Listing listing = list(*open(folder.path()));
  EXPECT_THAT(listing.keys, ElementsAre("fine.jpg"));
  EXPECT_THAT(listing.skipped, UnorderedElementsAre(Pair("caf\\xE9.jpg", HasSubstr("not UTF-8")),
                                                    Pair("dir\\xFF/", HasSubstr("not UTF-8"))));
}

TEST(FolderSource, FollowsLinksToFilesAndFolders) {
  TemporaryFolder folder;
  touch(folder / "elsewhere/a.jpg");
  touch(folder / "in/b.jpg");
  fs::create_directory_symlink("../elsewhere", folder / "in/linked");
  fs::create_symlink("../elsewhere/a.jpg", folder / "in/c.jpg");
  fs::create_symlink("nowhere.jpg", folder / "in/dangling.jpg");
  const auto source = open(folder / "in");
  EXPECT_THAT(list(*source).keys, ElementsAre("b.jpg", "c.jpg", "linked/a.jpg"));
  EXPECT_EQ(text_of(source->read("linked/a.jpg")), "content of a.jpg");
}

TEST(FolderSource, EndsAtLinksThatLeadBack) {
  TemporaryFolder folder;
  touch(folder / "in/a.jpg");
  touch(folder / "in/sub/deep/b.jpg");
  fs::create_directory_symlink("..", folder / "in/sub/up");
  fs::create_directory_symlink(".", folder / "in/sub/deep/here");
  fs::create_directory_symlink("../..", folder / "in/sub/deep/top");
  fs::create_symlink("itself.jpg", folder / "in/itself.jpg");
  const Listing listing = list(*open(folder / "in"));
  EXPECT_THAT(listing.keys, ElementsAre("a.jpg", "sub/deep/b.jpg"));
  EXPECT_THAT(listing.skipped, UnorderedElementsAre(Pair("sub/up/", HasSubstr("contains itself")),
                                                    Pair("sub/deep/here/", HasSubstr("itself")),
                                                    Pair("sub/deep/top/", HasSubstr("itself"))));
}

TEST(FolderSource, ListsAFolderTwiceIfItHasTwoNames) {
  MemoryFileSystem files;
  files.add("in/a/x.jpg", "x");
  files.link_directory("in/b", "in/a");
  EXPECT_THAT(list(*open("in", files)).keys, ElementsAre("a/x.jpg", "b/x.jpg"));
}

TEST(FolderSource, SkipsAFolderThatItMayNotReadAndGoesOn) {
  MemoryFileSystem memory;
  for (const char* path : {"in/a.jpg", "in/private/b.jpg", "in/z.jpg"}) memory.add(path, "x");
  FaultyFileSystem files(memory);
  files.fail_reads_of("in/private", {ErrorCode::kIo, "in/private: Permission denied"});
  const Listing listing = list(*open("in", files));
  EXPECT_THAT(listing.keys, ElementsAre("a.jpg", "z.jpg"));
  EXPECT_THAT(listing.skipped, ElementsAre(Pair("private/", "Permission denied")));
}

TEST(FolderSource, FailsIfTheRootItselfCannotBeListed) {
  MemoryFileSystem memory;
  memory.add("in/a.jpg", "x");
  FaultyFileSystem files(memory);
  files.fail_reads_of("in", {ErrorCode::kIo, "in: Permission denied"});
  const Status status =
      open("in", files)
          ->list([](const std::string&) { return Status{}; }, [](const std::string&, const std::string&) {});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "in: Permission denied");
}

TEST(FolderSource, SaysWhyAFileCannotBeRead) {
  MemoryFileSystem memory;
  memory.add("in/a.jpg", "x");
  memory.add("in/b.jpg", "x");
  memory.add("in/c.jpg", "x");
  FaultyFileSystem files(memory);
  files.fail_reads_of("in/a.jpg", {ErrorCode::kIo, "in/a.jpg: Permission denied"});
  files.make_vanish("in/b.jpg");
  const auto source = open("in", files);
  EXPECT_THAT(list(*source).keys, ElementsAre("a.jpg", "b.jpg", "c.jpg"));
  EXPECT_EQ(source->read("a.jpg").error().code, ErrorCode::kIo);
  EXPECT_EQ(source->read("a.jpg").error().message, "Permission denied");
  EXPECT_EQ(source->read("b.jpg").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(source->read("b.jpg").error().message, "the file is gone");
  EXPECT_TRUE(source->read("c.jpg").ok());
}

TEST(FolderSource, RefusesFilesOverTheLimit) {
  TemporaryFolder folder;
  touch(folder / "huge.jpg");
  fs::resize_file(folder / "huge.jpg", uintmax_t{1} << 40);  // sparse
  const auto bytes = open(folder.path())->read("huge.jpg");
  ASSERT_FALSE(bytes.ok());
  EXPECT_EQ(bytes.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(bytes.error().message, HasSubstr("limit"));
}

TEST(FolderSource, SkipsPipesWithTheNameOfAnImage) {
  TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe.jpg").c_str(), 0600), 0);
  const Listing listing = list(*open(folder.path()));
  EXPECT_THAT(listing.keys, IsEmpty());
  EXPECT_THAT(listing.skipped, ElementsAre(Pair("pipe.jpg", "not a regular file")));
}

TEST(FolderSource, SkipsWhatItCannotLookAt) {
  TemporaryFolder folder;
  std::filesystem::create_symlink(std::string(300, 'n'), folder / "photos-of-may");  // perhaps a folder
  const Listing listing = list(*open(folder.path()));
  EXPECT_THAT(listing.keys, IsEmpty());
  EXPECT_THAT(listing.skipped, ElementsAre(Pair("photos-of-may/", "File name too long")));
}

TEST(FolderSource, SkipsAFolderThatItCannotLookAtAnyMoreWhenItGoesOn) {
  MemoryFileSystem memory;
  for (const char* path : {"in/a.jpg", "in/z.jpg"}) memory.add(path, "x");
  FaultyFileSystem files(memory);
  for (const char* name : {"b", "b.jpg"}) files.list_also("in", {.name = name, .problem = "Input/output error"});
  const auto source = open_folder_source("in", {.file_system = &files, .after = "b/c.jpg"});
  const Listing listing = list(**source);
  EXPECT_THAT(listing.keys, ElementsAre("z.jpg"));
  EXPECT_THAT(listing.skipped, ElementsAre(Pair("b/", "Input/output error")));
}

// Of a bucket: the images are called "/a.jpg" there.
TEST(FolderSource, SkipsFoldersWithoutANameAtEveryLevel) {
  MemoryFileSystem memory;
  for (const char* path : {"in/a.jpg", "in/b/c.jpg"}) memory.add(path, "x");
  FaultyFileSystem files(memory);
  for (const char* folder : {"in", "in/b"}) files.list_also(folder, {.name = "", .problem = "a folder without a name"});
  const Listing listing = list(*open("in", files));
  EXPECT_THAT(listing.keys, ElementsAre("a.jpg", "b/c.jpg"));
  EXPECT_THAT(listing.skipped,
              ElementsAre(Pair("/", "a folder without a name"), Pair("b//", "a folder without a name")));
}

TEST(FolderSource, NeverLeavesItsRoot) {
  MemoryFileSystem files;
  files.add("in/a.jpg", "x");
  files.add("secret.jpg", "s");
  const auto source = open("in", files);
  for (const char* key : {"../secret.jpg", "/etc/passwd", "a/../../secret.jpg", "./a.jpg", "", "a//b.jpg"}) {
    EXPECT_EQ(source->read(key).error().code, ErrorCode::kInvalidArgument) << key;
  }
}

TEST(FolderSource, TakesASingleFile) {
  TemporaryFolder folder;
  touch(folder / "one.jpg");
  touch(folder / "other.jpg");
  touch(folder / "scan");
  const auto one = open(folder / "one.jpg");
  EXPECT_THAT(list(*one).keys, ElementsAre("one.jpg"));
  EXPECT_EQ(text_of(one->read("one.jpg")), "content of one.jpg");
  EXPECT_EQ(one->description(), folder / "one.jpg");
  EXPECT_THAT(list(*open(folder / "scan")).keys, ElementsAre("scan"));
}

TEST(FolderSource, TakesAFolderWithSlashesAtItsEnd) {
  TemporaryFolder folder;
  touch(folder / "a.jpg");
  const auto source = open(folder.path() + "//");
  EXPECT_THAT(list(*source).keys, ElementsAre("a.jpg"));
  EXPECT_EQ(source->description(), folder.path());
}

TEST(FolderSource, SaysThatTheInputIsMissing) {
  TemporaryFolder folder;
  const auto source = open_folder_source(folder / "nowhere");
  ASSERT_FALSE(source.ok());
  EXPECT_EQ(source.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(source.error().message, HasSubstr(folder / "nowhere"));
}

TEST(FolderSource, PassesTheVisitorsErrorOn) {
  MemoryFileSystem files;
  for (const char* path : {"in/a.jpg", "in/sub/b.jpg", "in/sub/c.jpg"}) files.add(path, "x");
  int visited = 0;
  const Status status = open("in", files)
                            ->list(
                                [&](const std::string&) -> Status {
                                  return ++visited < 2 ? Status{} : Status{Error{ErrorCode::kCancelled, "stop"}};
                                },
                                [](const std::string&, const std::string&) {});
  EXPECT_EQ(status.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(visited, 2);
}

TEST(FolderSource, TakesWhatIsInAMovedFolderForNew) {
  TemporaryFolder folder;
  touch(folder / "in/kept/a.jpg");
  touch(folder / "staging/day/sub/b.jpg");
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  const int64_t from = std::time(nullptr);
  const auto keys = [&] {
    const auto source = open_folder_source(folder / "in", {.modified_from = from});
    EXPECT_TRUE(source.ok());
    return list(**source).keys;
  };
  EXPECT_THAT(keys(), IsEmpty());
  fs::rename(folder / "staging/day", folder / "in/day");
  EXPECT_THAT(keys(), ElementsAre("day/sub/b.jpg"));
  touch(folder / "in/kept/c.jpg");
  EXPECT_THAT(keys(), ElementsAre("day/sub/b.jpg", "kept/c.jpg")) << "its neighbour is as old as it was";
}

}  // namespace
}  // namespace pretag
