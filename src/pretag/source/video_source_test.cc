// Videos in folders, as sources tell of them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "pretag/image/decode.h"
#include "pretag/source/folder_source.h"
#include "pretag/source/relevant_filenames.h"
#include "support/source_listing.h"
#include "support/temporary_folder.h"
#include "support/test_images.h"
#include "support/test_video.h"

namespace pretag {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

std::unique_ptr<Source> open(const std::string& root, FolderOptions options = {.pictures = Pictures::kBoth}) {
  auto source = open_folder_source(root, options);
  EXPECT_TRUE(source.ok()) << source.error().message;
  return source ? *std::move(source) : nullptr;
}

void add_video(const std::string& path, int frames) {
  fs::create_directories(fs::path(path).parent_path());
  write_video(path, make_numbered_frames(frames), {.b_frames = 1});
}

void add_file(const std::string& path) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path) << "content";
}

int number_at(const Source& source, const std::string& key) {
  const auto bytes = source.read(key);
  EXPECT_TRUE(bytes.ok()) << key << ": " << bytes.error().message;
  if (!bytes) return -1;
  EXPECT_EQ(sniff_image_format(*bytes), "png");
  const auto image = decode_image(*bytes);
  EXPECT_TRUE(image.ok());
  return image ? number_of_frame(*image) : -1;
}

TEST(VideoSource, ListsFramesAndReadsThem) {
  TemporaryFolder folder;
  add_video(folder / "sub/video_1.mp4", 12);
  add_file(folder / "a.jpg");
  const auto source = open(folder.path());
  const Listing listing = list(*source);
  ASSERT_EQ(listing.keys.size(), 13u);
  EXPECT_EQ(listing.keys[0], "a.jpg");
  EXPECT_EQ(listing.keys[1], "sub/video_1-00-mp4.png");
  EXPECT_EQ(listing.keys[12], "sub/video_1-11-mp4.png");
  for (int i = 0; i < 12; ++i) EXPECT_EQ(number_at(*source, listing.keys[static_cast<size_t>(i) + 1]), i);
  EXPECT_EQ(source->read("sub/video_1-12-mp4.png").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(source->read("sub/video_2-00-mp4.png").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(source->read("../video_1-00-mp4.png").error().code, ErrorCode::kInvalidArgument);
}

TEST(VideoSource, ListsImagesOrVideosAlone) {
  TemporaryFolder folder;
  add_video(folder / "video.mp4", 2);
  add_file(folder / "a.jpg");
  EXPECT_THAT(list(*open(folder.path(), {})).keys, ElementsAre("a.jpg"));
  EXPECT_THAT(list(*open(folder.path(), {.pictures = Pictures::kVideoFrames})).keys,
              ElementsAre("video-0-mp4.png", "video-1-mp4.png"));
}

// A video's frames come before its file would, those of two videos may alternate, and folders lie between.
TEST(VideoSource, ListsInByteOrderWhateverLiesBetween) {
  TemporaryFolder folder;
  add_video(folder / "v.mp4", 12);
  add_video(folder / "v.avi", 12);
  add_video(folder / "v-05.mp4", 3);
  add_video(folder / "v/w.mp4", 2);
  for (const char* name : {"v-00.jpg", "v-03-zzz.jpg", "v-a.jpg", "v.jpg", "v-04/x.jpg", "v-11-mp4/y.jpg", "u.jpg",
                           "w.jpg", "v+.jpg", "v-11-mp4.png.jpg"}) {
    add_file(folder / name);
  }
  const std::vector<std::string> all = list(*open(folder.path())).keys;
  EXPECT_EQ(all.size(), 12u + 12 + 3 + 2 + 10);
  EXPECT_TRUE(std::ranges::is_sorted(all));
  for (size_t i = 0; i < all.size(); ++i) {
    const auto rest = open(folder.path(), {.pictures = Pictures::kBoth, .after = all[i]});
    EXPECT_EQ(list(*rest).keys, std::vector<std::string>(all.begin() + static_cast<long>(i) + 1, all.end())) << all[i];
  }
}

TEST(VideoSource, TakesAFileForTheFrameOfItsName) {
  TemporaryFolder folder;
  add_video(folder / "v.mp4", 3);
  add_file(folder / "v-1-mp4.png");
  const auto source = open(folder.path());
  EXPECT_THAT(list(*source).keys, ElementsAre("v-0-mp4.png", "v-1-mp4.png", "v-2-mp4.png"));
  EXPECT_EQ(source->read("v-1-mp4.png")->size(), 7u);
  EXPECT_EQ(number_at(*source, "v-2-mp4.png"), 2);
}

// The disk as if it were a bucket: counts how often it is asked what is there. What is `old` was there in 1970 already.
class CountingBucket final : public FileSystem {
 public:
  Result<std::vector<std::byte>> read(const std::string& path, size_t max_bytes) const override {
    return disk_.read(path, max_bytes);
  }
  Status write_atomically(const std::string&, std::string_view) override { return {}; }
  Status stream_atomically(const std::string&, const std::function<Status(const Sink&)>&) override { return {}; }
  Result<std::vector<DirectoryEntry>> list(const std::string& directory) const override {
    ++asked;
    if (is_away) return Error{ErrorCode::kUnavailable, "away"};
    auto entries = disk_.list(directory);
    for (DirectoryEntry& entry : *entries) {
      if (entry.name == old) entry.modified = 0;
    }
    return entries;
  }
  Result<DirectoryEntry> entry(const std::string& path) const override { return disk_.entry(path); }
  Status make_directories(const std::string&) override { return {}; }
  bool exists(const std::string& path) const override {
    ++asked;
    return disk_.exists(path);
  }
  bool is_remote(const std::string&) const override { return true; }
  Result<bool> remove(const std::string&) override { return false; }

  std::string old;
  bool is_away = false;
  mutable std::atomic<int> asked = 0;

 private:
  FileSystem& disk_ = local_file_system();
};

TEST(VideoSource, ListsAFrameWhoseFileItDoesNotList) {
  TemporaryFolder folder;
  add_video(folder / "v.mp4", 3);
  add_file(folder / "v-1-mp4.png");
  const auto all = ElementsAre("v-0-mp4.png", "v-1-mp4.png", "v-2-mp4.png");
  EXPECT_THAT(list(*open(folder.path(), {.pictures = Pictures::kVideoFrames})).keys, all);
  CountingBucket files;
  files.old = "v-1-mp4.png";
  EXPECT_THAT(
      list(*open(folder.path(), {.file_system = &files, .pictures = Pictures::kBoth, .modified_from = 1000})).keys,
      all);
}

TEST(VideoSource, ListsAFrameOrItsFileInOneShard) {
  TemporaryFolder folder;
  add_video(folder / "v.mp4", 9);
  for (int i = 0; i < 9; ++i) add_file(folder / fmt::format("v-{}-mp4.png", i));
  std::vector<std::string> keys;
  for (int number = 1; number <= 3; ++number) {
    const Listing part = list(*open(folder.path(), {.pictures = Pictures::kBoth, .shard = {number, 3}}));
    keys.insert(keys.end(), part.keys.begin(), part.keys.end());
  }
  std::ranges::sort(keys);
  EXPECT_EQ(keys, list(*open(folder.path())).keys);
}

TEST(VideoSource, AsksABucketOnceAFolderWhichFilesStandForFrames) {
  TemporaryFolder folder;
  add_video(folder / "a/v.mp4", 12);
  add_video(folder / "b/v.mp4", 12);
  add_file(folder / "b/v-03-mp4.png");
  CountingBucket files;
  const auto source = open(folder.path(), {.file_system = &files, .pictures = Pictures::kBoth});
  files.is_away = true;
  EXPECT_EQ(number_at(*source, "b/v-00-mp4.png"), 0);
  files.is_away = false;
  EXPECT_EQ(source->read("b/v-03-mp4.png")->size(), 7u) << "it is asked again when it is back";
  const std::vector<std::string> keys = list(*source).keys;
  files.asked = 0;
  {
    std::vector<std::jthread> readers;
    for (int reader = 0; reader < 4; ++reader) {
      readers.emplace_back([&] {
        for (const std::string& key : keys) {
          EXPECT_EQ(source->time_of(key).has_value(), key != "b/v-03-mp4.png") << key;
          EXPECT_TRUE(source->read(key).ok()) << key;
        }
      });
    }
  }
  EXPECT_EQ(files.asked, 1) << "of a; b it knew";
}

TEST(VideoSource, TakesASingleVideo) {
  TemporaryFolder folder;
  add_video(folder / "v.mp4", 2);
  add_video(folder / "w.mp4", 2);
  const auto source = open(folder / "v.mp4");
  EXPECT_THAT(list(*source).keys, ElementsAre("v-0-mp4.png", "v-1-mp4.png"));
  EXPECT_EQ(number_at(*source, "v-1-mp4.png"), 1);
}

TEST(VideoSource, SkipsWhatIsNoVideoWithTheReason) {
  TemporaryFolder folder;
  add_file(folder / "broken.mp4");
  add_video(folder / "fine.mp4", 1);
  const Listing listing = list(*open(folder.path()));
  EXPECT_THAT(listing.keys, ElementsAre("fine-0-mp4.png"));
  EXPECT_THAT(listing.skipped, ElementsAre(Pair("broken.mp4", HasSubstr("cannot be read as a video"))));
}

TEST(VideoSource, TrustsTheHeaderIfAsked) {
  TemporaryFolder folder;
  add_video(folder / "v.mp4", 11);
  const auto source = open(folder.path(), {.pictures = Pictures::kBoth, .trust_frame_count = true});
  EXPECT_EQ(list(*source).keys.size(), 11u);
  EXPECT_EQ(number_at(*source, "v-10-mp4.png"), 10);
}

TEST(VideoSource, GivesTheSameFramesToManyReaders) {
  TemporaryFolder folder;
  for (const char* name : {"a.mp4", "b.mp4", "c.mp4"}) add_video(folder / name, 40);
  const auto source = open(folder.path());
  const std::vector<std::string> keys = list(*source).keys;
  std::vector<int> numbers(keys.size());
  std::atomic<size_t> next = 0;
  {
    std::vector<std::jthread> readers;
    for (int reader = 0; reader < 4; ++reader) {
      readers.emplace_back([&] {
        for (size_t i = next++; i < keys.size(); i = next++) numbers[i] = number_at(*source, keys[i]);
      });
    }
  }
  for (size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(numbers[i], static_cast<int>(i % 40)) << keys[i];
}

TEST(VideoSource, IsFilteredByVideosOrFrames) {
  TemporaryFolder folder;
  for (const char* name : {"a.mp4", "b.mp4", "sub/c.mp4", "sub/d.mp4"}) add_video(folder / name, 2);
  const auto listed = [&](std::string_view text) {
    auto relevant = parse_relevant_filenames(text, "relevant.txt");
    EXPECT_TRUE(relevant.ok());
    const RelevantFilenames wanted = *relevant;
    FolderOptions options{.pictures = Pictures::kBoth};
    options.wants_video = [wanted](const std::string& key) { return wanted.may_match_frames_of(key); };
    return list(*filter_source(open(folder.path(), options), *std::move(relevant)));
  };
  EXPECT_THAT(listed("a.mp4").keys, ElementsAre("a-0-mp4.png", "a-1-mp4.png"));
  EXPECT_THAT(listed("a.mp4").skipped, IsEmpty());
  EXPECT_THAT(listed("b-1-mp4.png").keys, ElementsAre("b-1-mp4.png"));
  EXPECT_THAT(listed("sub/* *d.mp4").keys, ElementsAre("sub/c-0-mp4.png", "sub/c-1-mp4.png"));
  EXPECT_THAT(listed("b.mp4\nz.mp4").skipped, ElementsAre(Pair("z.mp4", HasSubstr("does not have it"))));
}

TEST(VideoSource, GivesAllFramesOfAVideoToOneShardThatAloneOpensIt) {
  TemporaryFolder folder;
  for (int i = 0; i < 6; ++i) add_video(folder / fmt::format("{}.mp4", i), 3);
  add_file(folder / "broken.mp4");
  std::vector<std::string> keys;
  int told = 0;
  for (int number = 1; number <= 3; ++number) {
    const Listing part = list(*open(folder.path(), {.pictures = Pictures::kBoth, .shard = {number, 3}}));
    EXPECT_EQ(part.keys.size() % 3, 0u);
    keys.insert(keys.end(), part.keys.begin(), part.keys.end());
    told += static_cast<int>(part.skipped.size());
  }
  std::ranges::sort(keys);
  EXPECT_EQ(keys, list(*open(folder.path())).keys);
  EXPECT_EQ(told, 1) << "the broken video, by the shard that it is in";
}

TEST(VideoSource, PassesOverWhatIsNotOfTheTime) {
  TemporaryFolder folder;
  add_video(folder / "film.mp4", 3);
  add_file(folder / "a.jpg");
  // A copy that keeps the time of what it is a copy of has come now.
  for (const char* name : {"film.mp4", "a.jpg"}) {
    fs::last_write_time(folder / name, fs::file_time_type::clock::now() - std::chrono::hours(1000));
  }
  const int64_t now = std::time(nullptr);
  constexpr int64_t kHour = 3600;
  const auto keys = [&](int64_t from, int64_t to) {
    return list(*open(folder.path(), {.pictures = Pictures::kBoth, .modified_from = from, .modified_to = to})).keys;
  };
  EXPECT_THAT(keys(now - kHour, now + kHour),
              ElementsAre("a.jpg", "film-0-mp4.png", "film-1-mp4.png", "film-2-mp4.png"));
  EXPECT_THAT(keys(now + kHour, INT64_MAX), IsEmpty());
  EXPECT_THAT(keys(INT64_MIN, now - kHour), IsEmpty());
}

}  // namespace
}  // namespace pretag
