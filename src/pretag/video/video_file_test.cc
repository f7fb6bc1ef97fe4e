#include "pretag/video/video_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <random>

#include "pretag/io/file_system.h"
#include "support/temporary_folder.h"
#include "support/test_images.h"
#include "support/test_video.h"
#include "support/video_reading.h"

namespace pretag {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class VideoFileOfEveryKind : public ::testing::TestWithParam<NamedVideoKind> {
 protected:
  static constexpr int kFrames = 100;

  void SetUp() override {
    path_ = folder_ / ("video." + std::string(GetParam().extension));
    write_video(path_, make_numbered_frames(kFrames), GetParam().video);
  }

  TemporaryFolder folder_;
  std::string path_;
};

TEST_P(VideoFileOfEveryKind, CountsItsFramesAndGivesThemInTheirOrder) {
  const auto video = open_video(path_);
  const auto count = video->count_frames();
  ASSERT_TRUE(count.ok()) << count.error().message;
  ASSERT_EQ(*count, kFrames);
  for (int i = 0; i < kFrames; ++i) EXPECT_EQ(number_at(*video, i), i);
  EXPECT_EQ(video->frame(kFrames).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(video->frame(-1).error().code, ErrorCode::kNotFound);
}

TEST_P(VideoFileOfEveryKind, GivesAnyFrameAtAnyTime) {
  const auto video = open_video(path_);
  std::mt19937 random(7);
  for (int i = 0; i < 40; ++i) {
    const auto index = static_cast<int64_t>(random() % kFrames);
    ASSERT_EQ(number_at(*video, index), index);
    if (i % 4 == 0 && index + 1 < kFrames) {
      ASSERT_EQ(number_at(*video, index + 1), index + 1);
    }
  }
}

TEST_P(VideoFileOfEveryKind, GivesTheSamePixelsInAnyOrder) {
  const auto forwards = open_video(path_), backwards = open_video(path_);
  std::vector<std::vector<uint8_t>> pixels;
  for (int i = 0; i < kFrames; ++i) pixels.push_back(forwards->frame(i)->rgb);
  for (int i = kFrames - 1; i >= 0; i -= 9) {
    const auto frame = backwards->frame(i);
    ASSERT_TRUE(frame.ok()) << i << ": " << frame.error().message;
    EXPECT_TRUE(frame->rgb == pixels[static_cast<size_t>(i)]) << i;
  }
}

TEST_P(VideoFileOfEveryKind, LetsNeighboursSwapTheirTurns) {
  const auto video = open_video(path_);
  for (int i = 0; i + 3 < kFrames; i += 4) {
    for (const int step : {2, 0, 3, 1}) ASSERT_EQ(number_at(*video, i + step), i + step);
  }
}

TEST_P(VideoFileOfEveryKind, TakesTheIndexOfAnEarlierReading) {
  const auto first = open_video(path_);
  EXPECT_EQ(first->index(), nullptr);
  ASSERT_TRUE(first->count_frames().ok());
  auto second = try_to_open(path_, {}, first->index());
  ASSERT_TRUE(second.ok());
  EXPECT_EQ((*second)->index(), first->index());
  EXPECT_EQ(*(*second)->count_frames(), kFrames);
  for (const int index : {70, 3, 4, 99}) EXPECT_EQ(number_at(**second, index), index);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, VideoFileOfEveryKind,
    ::testing::Values(NamedVideoKind{"Mpeg4InAvi", "avi", {}}, NamedVideoKind{"Mpeg4InMp4", "mp4", {.b_frames = 2}},
                      NamedVideoKind{"BFramesInAvi", "avi", {.b_frames = 2}},
                      NamedVideoKind{"H264InMp4", "mp4", {.codec = "libx264", .b_frames = 3}},
                      NamedVideoKind{"H264InMkv", "mkv", {.codec = "libx264", .b_frames = 3, .key_interval = 25}},
                      NamedVideoKind{"H264InTs", "ts", {.codec = "libx264", .b_frames = 2}},
                      NamedVideoKind{"MotionJpeg", "mov", {.codec = "mjpeg"}},
                      NamedVideoKind{"Vp8InWebm", "webm", {.codec = "libvpx"}},
                      NamedVideoKind{
                          "Mpeg2InMpg", "mpg", {.codec = "mpeg2video", .b_frames = 2, .frames_a_second = 25}},
                      NamedVideoKind{"RawH264", "h264", {.codec = "libx264", .b_frames = 2}}),
    [](const auto& of) { return of.param.name; });

TEST(VideoFile, TellsTimes) {
  TemporaryFolder folder;
  write_video(folder / "video.mp4", make_numbered_frames(30),
              {.codec = "libx264", .b_frames = 2, .frames_a_second = 10});
  const auto video = open_video(folder / "video.mp4");
  EXPECT_EQ(video->claimed_frames(), 30);
  for (const int index : {0, 7, 29}) EXPECT_NEAR(video->time_of(index)->seconds, index * 0.1, 1e-6);
  EXPECT_LT(video->time_of(0)->pts, video->time_of(1)->pts);
  EXPECT_EQ(video->time_of(30).error().code, ErrorCode::kNotFound);
}

// Each frame would be listed: a damaged header must not make fifty million names, nor more than the file can hold.
TEST(VideoFile, ClaimsOfMoreFramesThanThereCanBeAreNone) {
  const TemporaryFolder folder;
  const std::string path = folder / "video.avi";
  write_video(path, make_numbered_frames(30));
  std::string bytes(1024, '\0');
  std::ifstream(path, std::ios::binary).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  const size_t header = bytes.find("strh");
  ASSERT_NE(header, std::string::npos);
  const auto claim = [&](uint32_t frames) {
    std::string number;
    for (int byte = 0; byte < 4; ++byte) number += static_cast<char>(frames >> (8 * byte));
    overwrite(path, static_cast<std::streamoff>(header) + 40, number);  // dwLength
    return open_video(path)->claimed_frames();
  };
  const auto size = static_cast<uint32_t>(fs::file_size(path));
  EXPECT_EQ(claim(31), 31);
  EXPECT_EQ(claim(size), size);
  EXPECT_EQ(claim(size + 1), 0);
  EXPECT_EQ(claim(0x7FFFFFFF), 0);
  fs::resize_file(path, 60'000'000);
  EXPECT_EQ(claim(55'000'000), 0);
  EXPECT_EQ(*open_video(path)->count_frames(), 30);
}

TEST(VideoFile, KeepsColours) {
  TemporaryFolder folder;
  const Image picture = make_picture(160, 120);
  write_video(folder / "video.mp4", std::vector(5, picture), {.codec = "libx264"});
  const auto frame = open_video(folder / "video.mp4")->frame(3);
  ASSERT_TRUE(frame.ok());
  const auto off = difference(picture, *frame);
  ASSERT_TRUE(off.has_value());
  EXPECT_LT(off->mean, 4);  // of 255; a wrong matrix or range is further off
}

TEST(VideoFile, TurnsFramesAsAPlayerShowsThem) {
  const Image picture = make_picture(160, 96);
  constexpr std::array kExif = {1, 6, 3, 8};
  for (int turns = 0; turns < 4; ++turns) {
    TemporaryFolder folder;
    write_video(folder / "video.mp4", std::vector(3, picture), {.codec = "libx264", .quarter_turns = turns});
    const auto frame = open_video(folder / "video.mp4")->frame(1);
    ASSERT_TRUE(frame.ok());
    const auto off = difference(oriented_reference(picture, kExif[static_cast<size_t>(turns)]), *frame);
    ASSERT_TRUE(off.has_value()) << turns << ": " << frame->width << " x " << frame->height;
    EXPECT_LT(off->mean, 4) << turns;
  }
}

TEST(VideoFile, TakesOddSizes) {
  TemporaryFolder folder;
  write_video(folder / "video.avi", std::vector(3, make_picture(67, 35)), {.codec = "mjpeg"});
  const auto frame = open_video(folder / "video.avi")->frame(2);
  ASSERT_TRUE(frame.ok()) << frame.error().message;
  EXPECT_EQ(frame->width, 67);
  EXPECT_EQ(frame->height, 35);
}

TEST(VideoFile, SaysWhyItCannotBeOpened) {
  TemporaryFolder folder;
  std::ofstream(folder / "text.mp4") << "this is not a video, whatever its name says";
  std::ofstream(folder / "empty.mp4");
  std::ofstream(folder / "list.mp4") << "#EXTM3U\n#EXTINF:1,\n/etc/passwd\n";
  for (const char* name : {"text.mp4", "empty.mp4", "list.mp4"}) {
    const auto video = try_to_open(folder / name);
    ASSERT_FALSE(video.ok()) << name;
    EXPECT_EQ(video.error().code, ErrorCode::kCorrupt) << name;
    EXPECT_THAT(video.error().message, HasSubstr("cannot be read as a video")) << name;
  }
  EXPECT_EQ(try_to_open(folder / "nowhere.mp4").error().code, ErrorCode::kNotFound);
}

// Cannot be read for a while, as what lies behind a network.
class UnreliableReader final : public FileReader {
 public:
  UnreliableReader(std::unique_ptr<FileReader> file, const bool& is_away) : file_(std::move(file)), is_away_(is_away) {}
  uint64_t size() const override { return file_->size(); }
  Result<size_t> read(uint64_t offset, std::span<std::byte> into) override {
    if (is_away_) return Error{ErrorCode::kUnavailable, "away"};
    return file_->read(offset, into);
  }

 private:
  const std::unique_ptr<FileReader> file_;
  const bool& is_away_;
};

TEST(VideoFile, SaysThatItCannotBeReadAndGoesOnWhenItCan) {
  TemporaryFolder folder;
  for (const char* name : {"video.h264", "video.mp4", "video.mkv"}) {
    write_video(folder / name, make_numbered_frames(60), {.codec = "libx264"});
    bool is_away = false;
    auto file = std::make_unique<UnreliableReader>(*local_file_system().open(folder / name), is_away);
    const auto opened = VideoFile::open(std::move(file));
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    VideoFile& video = **opened;
    is_away = true;
    for (int i = 0; i < 2; ++i) EXPECT_EQ(video.count_frames().error().message, "away") << name;
    is_away = false;
    EXPECT_EQ(*video.count_frames(), 60) << name;
    EXPECT_EQ(number_at(video, 50), 50) << name;
    is_away = true;
    for (int i = 0; i < 2; ++i) {
      const auto frame = video.frame(3);  // perhaps of what was read before
      EXPECT_TRUE(frame.ok() ? number_of_frame(*frame) == 3 : frame.error().code == ErrorCode::kUnavailable) << name;
    }
    is_away = false;
    for (const int i : {3, 59, 0}) EXPECT_EQ(number_at(video, i), i) << name;
  }
}

// Counts how often a file is begun.
class CountingReader final : public FileReader {
 public:
  CountingReader(std::unique_ptr<FileReader> file, int& begins) : file_(std::move(file)), begins_(begins) {}
  uint64_t size() const override { return file_->size(); }
  Result<size_t> read(uint64_t offset, std::span<std::byte> into) override {
    if (offset == 0) ++begins_;
    return file_->read(offset, into);
  }

 private:
  const std::unique_ptr<FileReader> file_;
  int& begins_;
};

TEST(VideoFile, BeginsOnceForFramesFarApartWhereTheFileTellsNoTimes) {
  TemporaryFolder folder;
  for (const char* name : {"video.avi", "video.h264"}) {
    write_video(folder / name, make_numbered_frames(200), {.codec = "libx264", .b_frames = 2});
    int begins = 0;
    const auto video =
        VideoFile::open(std::make_unique<CountingReader>(*local_file_system().open(folder / name), begins));
    ASSERT_TRUE(video.ok()) << name << ": " << video.error().message;
    ASSERT_EQ(*(*video)->count_frames(), 200) << name;
    EXPECT_EQ((*video)->time_of(0).error().code, ErrorCode::kUnsupported)
        << name << " has times, and is of no use here";
    begins = 0;
    for (int i = 3; i < 200; i += 30) EXPECT_EQ(number_at(**video, i), i) << name;
    EXPECT_EQ(begins, 0) << name;
    EXPECT_EQ(number_at(**video, 5), 5) << name;
    EXPECT_GT(begins, 0) << name << ": going back, it has to";
  }
}

TEST(VideoFile, RefusesHugeFramesFromTheirHeader) {
  TemporaryFolder folder;
  write_video(folder / "video.mp4", make_numbered_frames(3));
  const auto video = try_to_open(folder / "video.mp4", {.max_pixels = 1000});
  ASSERT_FALSE(video.ok());
  EXPECT_EQ(video.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(video.error().message, HasSubstr("256 x 64 pixels"));
}

// MPEG-4's encoders may say of a picture that the one before is shown on.
TEST(VideoFile, APictureThatIsNotCodedIsNoFrameAndNoDamage) {
  const TemporaryFolder folder;
  const std::string path = folder / "still.mp4";
  std::vector<Image> frames;
  for (const int number : {0, 1, 2, 3, 3, 4, 5}) frames.push_back(make_numbered_frame(number));
  write_video(path, frames);
  std::string bytes;
  {
    std::ifstream file(path, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
  }
  const std::string start = {0, 0, 1, static_cast<char>(0xB6)};
  size_t at = bytes.find(start);
  for (int picture = 0; picture < 4; ++picture) at = bytes.find(start, at + 1);
  ASSERT_NE(at, std::string::npos);
  // Two bits of the type, one that ends the seconds, a marker, four bits of the time, a marker: the next is vop_coded.
  char& byte = bytes[at + start.size() + 1];
  ASSERT_NE(byte & 0x40, 0);
  byte = static_cast<char>(byte & ~0x40);
  overwrite(path, static_cast<std::streamoff>(at + start.size() + 1), {byte});

  const auto video = open_video(path);
  ASSERT_EQ(*video->count_frames(), 6);
  for (int number = 0; number < 6; ++number) EXPECT_EQ(number_at(*video, number), number);
}

}  // namespace
}  // namespace pretag
