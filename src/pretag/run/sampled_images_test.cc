#include "pretag/run/sampled_images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "pretag/image/decode.h"
#include "pretag/io/file_system.h"
#include "support/temporary_folder.h"
#include "support/test_images.h"

namespace pretag {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class MapSource final : public Source {
 public:
  explicit MapSource(std::map<std::string, Bytes> files) : files_(std::move(files)) {}
  std::string description() const override { return "files in memory"; }
  Status list(const Visit& visit, const Skip&) const override {
    for (const auto& [name, bytes] : files_) PRETAG_TRY(visit(name));
    return {};
  }
  Result<std::vector<std::byte>> read(const std::string& key) const override {
    const auto found = files_.find(key);
    if (found == files_.end()) return Error{ErrorCode::kNotFound, "the file is gone"};
    return found->second;
  }

 private:
  std::map<std::string, Bytes> files_;
};

class Warnings final : public SilentProgress {
 public:
  void warning(const std::string& message) override { messages.push_back(message); }
  std::vector<std::string> messages;
};

RunConfig settings(const std::string& format, const std::string& size = "-1") {
  RunConfig config;
  config.output_image_format = format;
  config.output_image_size = size;
  return config;
}

class SampledImages : public ::testing::Test {
 protected:
  // The names below data/sampled, in byte order.
  std::vector<std::string> copy(const std::vector<std::string>& selected, const RunConfig& config) {
    Selection selection;
    for (const std::string& name : selected) selection.selected.push_back({.filename = name, .reasons = {}});
    const Status status =
        write_sampled_images({local_file_system(), folder_.path()}, source_, selection, config, progress_, cancel_);
    EXPECT_TRUE(status.ok()) << status.error().message;
    std::vector<std::string> names;
    const fs::path sampled = folder_ / "data/sampled";
    if (!fs::exists(sampled)) return names;
    for (const auto& entry : fs::recursive_directory_iterator(sampled)) {
      if (entry.is_regular_file()) names.push_back(fs::relative(entry.path(), sampled).string());
    }
    std::ranges::sort(names);
    return names;
  }

  Bytes bytes_of(const std::string& name) {
    return *local_file_system().read(folder_ / ("data/sampled/" + name), 1 << 24);
  }

  const Bytes jpeg_ = make_jpeg(make_picture(60, 40)), png_ = make_png(make_picture(40, 60));
  TemporaryFolder folder_;
  MapSource source_{{{"a/x.jpg", jpeg_},
                     {"a/x.png", png_},
                     {"v-0-mp4.png", png_},
                     {"w.webp", make_webp(make_picture(30, 30), true)},
                     {"broken.jpg", truncated(jpeg_, 0.5)},
                     {"both.jpg", jpeg_},
                     {"both.jpg/y.jpg", jpeg_}}};
  Warnings progress_;
  std::atomic<bool> cancel_ = false;
};

TEST_F(SampledImages, AreTheFilesThemselves) {
  EXPECT_THAT(copy({"w.webp", "a/x.jpg"}, {}), ElementsAre("a/x.jpg", "w.webp"));
  EXPECT_EQ(bytes_of("a/x.jpg"), jpeg_);
}

TEST_F(SampledImages, KeepTheirNamesApartInANewFormat) {
  EXPECT_THAT(copy({"a/x.jpg", "a/x.png", "w.webp"}, settings("png")), ElementsAre("a/x.png", "a/x.png.png", "w.png"));
  EXPECT_EQ(decode_image(bytes_of("a/x.png"))->width, 60);
  EXPECT_EQ(decode_image(bytes_of("a/x.png.png"))->width, 40);
  EXPECT_THAT(copy({"w.webp"}, settings("jpg")), ::testing::Contains("w.jpg"));
  EXPECT_EQ(sniff_image_format(bytes_of("w.jpg")), "jpeg");
}

TEST_F(SampledImages, HaveTheSizeThatIsAskedFor) {
  EXPECT_THAT(copy({"a/x.jpg", "a/x.png", "w.webp"}, settings("original", "20")),
              ElementsAre("a/x.jpg", "a/x.png", "w.webp.png"));
  const auto jpeg = decode_image(bytes_of("a/x.jpg")), png = decode_image(bytes_of("a/x.png"));
  EXPECT_THAT(std::vector({jpeg->width, jpeg->height, png->width, png->height}), ElementsAre(30, 20, 20, 30));
  EXPECT_EQ(sniff_image_format(bytes_of("a/x.jpg")), "jpeg");
  copy({"a/x.jpg"}, settings("original", "[64, 32]"));
  EXPECT_EQ(decode_image(bytes_of("a/x.jpg"))->height, 64);
  EXPECT_EQ(decode_image(bytes_of("a/x.jpg"))->width, 32);
}

TEST_F(SampledImages, ThatAreGoneOrDamagedAreToldOf) {
  EXPECT_THAT(copy({"broken.jpg", "gone.jpg", "w.webp"}, settings("png")), ElementsAre("w.png"));
  EXPECT_THAT(progress_.messages,
              ElementsAre(HasSubstr("broken.jpg: not copied"), HasSubstr("gone.jpg: not copied: the file is gone")));
}

// As may be in a bucket.
TEST_F(SampledImages, CalledLikeAFolderOfOthersDoNotEndTheRun) {
  EXPECT_THAT(copy({"a/x.jpg", "both.jpg", "both.jpg/y.jpg", "w.webp"}, {}),
              ElementsAre("a/x.jpg", "both.jpg", "w.webp"));
  EXPECT_THAT(progress_.messages, ElementsAre(HasSubstr("both.jpg/y.jpg: not copied")));
}

TEST_F(SampledImages, OfAnEarlierSelectionCanBeRemoved) {
  copy({"a/x.jpg"}, {});
  ASSERT_TRUE(remove_sampled_images({local_file_system(), folder_.path()}).ok());
  EXPECT_THAT(copy({}, {}), IsEmpty());
}

TEST_F(SampledImages, StopWhenTheyAreToldTo) {
  cancel_ = true;
  Selection selection;
  selection.selected.push_back({.filename = "a/x.jpg", .reasons = {}});
  const Status status =
      write_sampled_images({local_file_system(), folder_.path()}, source_, selection, {}, progress_, cancel_);
  EXPECT_EQ(status.error().code, ErrorCode::kCancelled);
}

TEST(OutputSize, IsOneNumberOrTwo) {
  EXPECT_TRUE(parse_output_size("-1")->is_original());
  EXPECT_EQ(parse_output_size("600")->shorter_side, 600);
  EXPECT_EQ(parse_output_size("[512, 1024]")->height, 512);
  EXPECT_EQ(parse_output_size("[512, 1024]")->width, 1024);
  for (const char* text : {"", "0", "-2", "1.5", "[1]", "[1, 2, 3]", "[0, 5]", "[5, 70000]", "large", "{}", "\"5\""}) {
    const auto size = parse_output_size(text);
    ASSERT_FALSE(size.ok()) << text;
    EXPECT_THAT(size.error().message, HasSubstr("output_image_size cannot be")) << text;
  }
}

}  // namespace
}  // namespace pretag
