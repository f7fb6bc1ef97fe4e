// What comes of videos with wrong or missing bytes.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <random>

#include "support/temporary_folder.h"
#include "support/test_images.h"
#include "support/test_video.h"
#include "support/video_reading.h"

namespace pretag {
namespace {

namespace fs = std::filesystem;

TEST(VideoFile, GivesWhatIsThereOfATruncatedVideo) {
  TemporaryFolder folder;
  const std::string path = folder / "video.mkv";
  write_video(path, make_numbered_frames(100), {.codec = "libx264"});
  fs::resize_file(path, fs::file_size(path) / 2);
  const auto video = open_video(path);
  const auto count = video->count_frames();
  ASSERT_TRUE(count.ok());
  EXPECT_GT(*count, 10);
  EXPECT_LT(*count, 90);
  int right = 0;
  for (int64_t i = 0; i < *count; ++i) {
    const auto frame = video->frame(i);
    if (!frame) continue;
    EXPECT_EQ(number_of_frame(*frame), i);
    ++right;
  }
  EXPECT_GE(right, *count - 3);
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// As other programs number them, who decode and count.
TEST(VideoFile, BeginsWithTheFirstFrameThatCanBeDecoded) {
  TemporaryFolder folder;
  const std::string path = folder / "whole.ts", cut = folder / "cut.ts";
  write_video(path, make_numbered_frames(48), {.codec = "libx264", .key_interval = 12});
  constexpr size_t kPacket = 188, kTables = 3, kStep = 4;
  const std::string bytes = bytes_of(path);
  int in_between = 0;
  for (size_t packet = kTables + 1; packet < bytes.size() / kPacket / 2; packet += kStep) {
    std::ofstream(cut, std::ios::binary) << bytes.substr(0, kTables * kPacket) << bytes.substr(packet * kPacket);
    const auto video = open_video(cut);
    const int first = number_at(*video, 0);
    ASSERT_EQ(*video->count_frames(), 48 - first) << packet;
    for (int i = 0; i < 48 - first; ++i) EXPECT_EQ(number_at(*video, i), first + i) << packet;
    if (first > 0) ++in_between;
  }
  EXPECT_GT(in_between, 3);
}

// Two recordings in one file, each with a clock of its own.
TEST(VideoFile, IsReadInTheOrderOfItsFileWhereTheClockGoesBack) {
  TemporaryFolder folder;
  const std::string path = folder / "both.ts", one = folder / "one.ts", two = folder / "two.ts";
  write_video(one, make_numbered_frames(20), {.codec = "libx264"});
  write_video(two, make_numbered_frames(20), {.codec = "libx264", .first_time = 4500});  // half a frame later
  std::ofstream(path, std::ios::binary) << bytes_of(one) << bytes_of(two);
  const auto video = open_video(path);
  ASSERT_EQ(*video->count_frames(), 40);
  int right = 0;
  for (int i = 0; i < 40; ++i) {
    const auto frame = video->frame(i);
    right += frame && number_of_frame(*frame) == i % 20 ? 1 : 0;
  }
  EXPECT_GE(right, 38) << "all but what is at the join";
}

TEST(VideoFile, NeverGivesADamagedFrameForAWholeOne) {
  TemporaryFolder folder;
  const std::string path = folder / "video.mp4";
  std::vector<Image> frames;
  for (int i = 0; i < 20; ++i) frames.push_back(make_noise(128, 96, static_cast<uint32_t>(i)));
  write_video(path, frames, {.key_interval = 1});
  std::vector<Image> whole;
  for (int i = 0; i < 20; ++i) whole.push_back(*open_video(path)->frame(i));
  overwrite(path, static_cast<std::streamoff>(fs::file_size(path) / 2), std::string(3000, '\x55'));
  const auto video = open_video(path);
  int failures = 0;
  for (int i = 0; i < 20; ++i) {
    const auto frame = video->frame(i);
    if (!frame) {
      EXPECT_EQ(frame.error().code, ErrorCode::kCorrupt);
      ++failures;
    } else {
      EXPECT_TRUE(frame->rgb == whole[static_cast<size_t>(i)].rgb) << i;
    }
  }
  EXPECT_GE(failures, 1);
  EXPECT_LE(failures, 5);
}

// Videos of a camera that moves over a picture, each with 512 wrong bytes somewhere.
class DamagedVideo : public ::testing::TestWithParam<NamedVideoKind> {
 protected:
  static constexpr int kVideos = 6, kFrames = 48;

  void SetUp() override {
    const Image picture = make_picture(400, 260);
    std::vector<Image> frames;
    for (int i = 0; i < kFrames; ++i) frames.push_back(crop_at(picture, 2 * i, i));
    const std::string whole = folder_ / ("whole." + std::string(GetParam().extension));
    write_video(whole, frames, GetParam().video);
    const auto video = open_video(whole);
    for (int i = 0; i < kFrames; ++i) whole_.push_back(*video->frame(i));
    std::mt19937 random(1);
    for (int i = 0; i < kVideos; ++i) {
      paths_.push_back(folder_ / fmt::format("{}.{}", i, GetParam().extension));
      fs::copy_file(whole, paths_.back());
      const auto tenth = static_cast<std::streamoff>(fs::file_size(whole) / 10);
      std::string wrong(512, '\0');
      for (char& byte : wrong) byte = i % 2 == 0 ? static_cast<char>(random() % 256) : '\0';
      overwrite(paths_.back(), tenth + static_cast<std::streamoff>(random() % (7 * static_cast<uint64_t>(tenth))),
                wrong);
    }
  }

  static Image crop_at(const Image& picture, int left, int top) {
    Image crop{.width = 256, .height = 160, .rgb = {}};
    for (int y = 0; y < crop.height; ++y) {
      const uint8_t* row = picture.row(top + y) + 3 * left;
      crop.rgb.insert(crop.rgb.end(), row, row + 3 * crop.width);
    }
    return crop;
  }

  // Where a frame is lost without a trace, those behind it take its number.
  bool is_whole(const Image& frame) const {
    return std::ranges::any_of(whole_, [&](const Image& whole) { return whole.rgb == frame.rgb; });
  }

  // Of each frame why it is refused, "whole" or "wrong"; in the given order.
  std::vector<std::string> looks_of(VideoFile& video, const std::vector<int64_t>& order) const {
    std::vector<std::string> looks(order.size());
    for (const int64_t index : order) {
      const auto frame = video.frame(index);
      std::string& look = looks[static_cast<size_t>(index)];
      look = !frame ? frame.error().message : is_whole(*frame) ? "whole" : "wrong";
    }
    return looks;
  }

  std::vector<int64_t> all_frames_of(VideoFile& video) const {
    std::vector<int64_t> order(static_cast<size_t>(video.count_frames().ok() ? *video.count_frames() : 0));
    std::iota(order.begin(), order.end(), 0);
    return order;
  }

  TemporaryFolder folder_;
  std::vector<Image> whole_;
  std::vector<std::string> paths_;
};

TEST_P(DamagedVideo, GivesNothingThatBuildsOnWhatIsDamaged) {
  int noticed = 0, refused = 0, wrong = 0;
  for (const std::string& path : paths_) {
    const auto video = open_video(path);
    const auto looks = looks_of(*video, all_frames_of(*video));
    const auto whole = std::ranges::count(looks, "whole"), others = std::ranges::count(looks, "wrong");
    const auto failures = static_cast<int>(looks.size()) - static_cast<int>(whole + others);
    if (failures == 0) continue;  // the codec has not noticed it
    ++noticed;
    refused += failures;
    wrong += static_cast<int>(others);
  }
  EXPECT_GE(noticed, kVideos / 2);
  EXPECT_GE(refused, 2 * noticed);
  EXPECT_LE(refused, noticed * kFrames / 2);
  EXPECT_LE(wrong, noticed * kFrames / 100);
}

TEST_P(DamagedVideo, TellsTheSameInAnyOrder) {
  std::mt19937 random(2);
  for (const std::string& path : paths_) {
    const auto forwards = open_video(path), mixed = open_video(path);
    auto order = all_frames_of(*forwards);
    const auto expected = looks_of(*forwards, order);
    std::ranges::shuffle(order, random);
    const auto looks = looks_of(*mixed, order);
    for (size_t i = 0; i < looks.size(); ++i) ASSERT_EQ(looks[i], expected[i]) << path << " " << i;
  }
}

TEST_P(DamagedVideo, GivesAsMuchAsTheThresholdAllows) {
  std::vector<int> given;
  for (const double threshold : {0.1, 0.5, 1.0}) {
    int frames = 0;
    for (const std::string& path : paths_) {
      const auto video = open_video(path, {.corruption_threshold = threshold});
      for (const int64_t index : all_frames_of(*video)) frames += video->frame(index).ok() ? 1 : 0;
    }
    given.push_back(frames);
  }
  EXPECT_LT(given[0], given[1]);
  EXPECT_LT(given[1], given[2]);
}

INSTANTIATE_TEST_SUITE_P(Kinds, DamagedVideo,
                         ::testing::Values(NamedVideoKind{"Mpeg4InMp4", "mp4", {.b_frames = 2}},
                                           NamedVideoKind{"Mpeg4InAvi", "avi", {}},
                                           NamedVideoKind{"H264InMp4", "mp4", {.codec = "libx264", .b_frames = 3}},
                                           NamedVideoKind{"H264InTs", "ts", {.codec = "libx264", .b_frames = 2}},
                                           NamedVideoKind{"RawH264", "h264", {.codec = "libx264", .b_frames = 2}}),
                         [](const auto& of) { return of.param.name; });

// Whatever is in a file, it ends with frames or a reason.
TEST(VideoFile, SurvivesDamageAnywhere) {
  TemporaryFolder folder;
  std::mt19937 random(3);
  for (const char* name : {"video.mp4", "video.avi", "video.mkv", "video.ts"}) {
    const std::string original = folder / name, path = folder / ("damaged-" + std::string(name));
    write_video(original, make_numbered_frames(30), {.codec = "libx264", .b_frames = 1});
    const auto size = fs::file_size(original);
    for (int round = 0; round < 40; ++round) {
      fs::copy_file(original, path, fs::copy_options::overwrite_existing);
      for (int i = 0; i < 8; ++i) {
        const auto at =
            static_cast<std::streamoff>(random() % (round % 2 == 0 ? size : std::min<uintmax_t>(size, 1500)));
        overwrite(path, at, std::string(1, static_cast<char>(random() % 256)));
      }
      auto video = try_to_open(path, {.max_pixels = 1'000'000});
      if (!video) continue;
      const auto count = (*video)->count_frames();
      if (!count) continue;
      for (int64_t i = 0; i < std::min<int64_t>(*count, 60); ++i) (void)(*video)->frame(i);
      (void)(*video)->frame(*count / 2);
    }
  }
}

}  // namespace
}  // namespace pretag
