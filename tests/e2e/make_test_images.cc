// Pictures for the end-to-end tests: make_test_images FOLDER SET [COUNT]. The sets are below, in kSets.
#include <fmt/format.h>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/seeded_images.h"
#include "support/test_images.h"
#include "support/test_video.h"

namespace pretag {
namespace {

namespace fs = std::filesystem;

// The width and height of picture `number` in a set of mixed sizes. Long sides up to 3000; as wide as 12 to 1 and as
// high as 1 to 12, or, if not `long_and_thin`, mostly as cameras make them.
std::pair<int, int> mixed_size(int number, bool long_and_thin) {
  const int longest = 200 + (number * 7919) % 2801;
  const int ratio_percent = long_and_thin ? 600 + (number * 101) % 601 : 100 + (number * number * 37) % 140;
  const int shortest = std::max(8, longest * 100 / ratio_percent);
  return number % 2 == 0 ? std::pair(longest, shortest) : std::pair(shortest, longest);
}

class Folder {
 public:
  explicit Folder(fs::path path) : path_(std::move(path)) {}

  void write(const std::string& name, const Bytes& bytes) const {
    const fs::path file = path(name);
    std::ofstream out(file, std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!out.flush()) throw std::runtime_error(file.string() + ": cannot be written");
  }

  void write_video(const std::string& name, const std::vector<Image>& frames, const VideoKind& kind) const {
    pretag::write_video(path(name).string(), frames, kind);
  }

  // Its folder is there.
  fs::path path(const std::string& name) const {
    fs::create_directories((path_ / name).parent_path());
    return path_ / name;
  }

 private:
  fs::path path_;
};

// Every format that is read, in folders, one picture unlike the other.
void make_photos(const Folder& folder, int) {
  folder.write("b.png", make_png(make_seeded_image(320, 180, 1)));
  folder.write("a/c.jpg", make_jpeg(make_seeded_image(300, 200, 2)));
  folder.write("a.b.webp", make_webp(make_seeded_image(200, 300, 3), false));
  folder.write("a/b/d.bmp", make_bmp(make_seeded_image(240, 120, 4), 24));
  folder.write("z.tif", make_tiff(make_seeded_image(160, 120, 5)));
}

void make_small(const Folder& folder, int count) {
  for (int i = 0; i < count; ++i) folder.write(fmt::format("{:05}.jpg", i), make_jpeg(make_seeded_image(96, 64, i)));
}

// Good pictures of the rarer kinds.
void make_kinds(const Folder& folder, int) {
  const Image image = make_seeded_image(256, 32, 6);
  folder.write("cmyk.jpg", make_jpeg(image, {.inks = JpegKind::Inks::kAdobeCmyk}));
  folder.write("grey.jpg", make_jpeg(image, {.grey = true}));
  folder.write("progressive.jpg", make_jpeg(image, {.progressive = true}));
  folder.write("alpha.png", make_png(image, {.colours = PngKind::Colours::kRgba}));
  folder.write("palette.png", make_png(image, {.colours = PngKind::Colours::kPalette}));
  folder.write("sixteen.png", make_png(image, {.bit_depth = 16}));
  folder.write("one_pixel.png", make_png(make_seeded_image(1, 1, 7)));
  folder.write("sixteen.tif", make_tiff(image, {.bit_depth = 16}));
  folder.write("animated.webp", make_animated_webp({image, make_seeded_image(256, 32, 8)}));
  folder.write("misnamed.png", make_jpeg(image));
}

void make_broken(const Folder& folder, int) {
  const Bytes jpeg = make_jpeg(make_noise(128, 64, 9));
  for (const int percent : {10, 50, 90}) {
    folder.write(fmt::format("truncated_{}.jpg", percent), truncated(jpeg, percent / 100.0));
  }
  folder.write("truncated.png", truncated(make_png(make_noise(128, 64, 9)), 0.5));
  folder.write("huge.png", make_header_claiming("png", 30'000, 30'000));
}

// Each pixel becomes a block of 8 by 8, which JPEG keeps alike however the picture is turned.
Image enlarge_to_blocks(const Image& image) {
  constexpr int kBlock = 8;
  Image blocks{kBlock * image.width, kBlock * image.height, {}};
  for (int y = 0; y < blocks.height; ++y)
    for (int x = 0; x < blocks.width; ++x) {
      const auto pixel = image.rgb.begin() + 3 * (y / kBlock * image.width + x / kBlock);
      blocks.rgb.insert(blocks.rgb.end(), pixel, pixel + 3);
    }
  return blocks;
}

// The same picture three times, stored as cameras that were held three ways do.
void make_turned(const Folder& folder, int) {
  const Image upright = enlarge_to_blocks(make_seeded_image(320, 200, 10));
  const JpegKind fine{.quality = 98, .subsampled = false};
  folder.write("upright.jpg", make_jpeg(upright, fine));
  // What orientation 8 turns back was turned by orientation 6, and the other way round.
  folder.write("exif6.jpg", with_jpeg_exif(make_jpeg(oriented_reference(upright, 8), fine), make_exif_block(6)));
  folder.write("exif8.jpg", with_jpeg_exif(make_jpeg(oriented_reference(upright, 6), fine), make_exif_block(8)));
}

// Two videos side by side, one in a folder that is only half there, and an image.
void make_videos(const Folder& folder, int) {
  const auto frames = [](int count, int first_seed) {
    std::vector<Image> images;
    for (int i = 0; i < count; ++i) images.push_back(make_seeded_image(160, 96, first_seed + i));
    return images;
  };
  folder.write_video("drive.mp4", frames(20, 100), {.codec = "libx264", .b_frames = 2});
  folder.write_video("drive.avi", frames(11, 200), {.b_frames = 1});
  folder.write_video("sub/broken.mp4", frames(10, 300), {});
  fs::resize_file(folder.path("sub/broken.mp4"), 2000);
  folder.write("drive.jpg", make_jpeg(make_seeded_image(96, 64, 1)));
}

// 36 megabytes of pixels in a small file.
void make_wide(const Folder& folder, int) { folder.write("wide.jpg", make_jpeg(make_picture(30'000, 400))); }

void make_mixed(const Folder& folder, int count, bool long_and_thin) {
  for (int i = 0; i < count; ++i) {
    const auto [width, height] = mixed_size(i, long_and_thin);
    folder.write(fmt::format("{:05}.jpg", i), make_jpeg(make_seeded_image(width, height, i), {.quality = 80}));
  }
}

using MakeSet = std::function<void(const Folder&, int count)>;
const std::map<std::string, MakeSet> kSets = {
    {"photos", make_photos},
    {"small", make_small},
    {"kinds", make_kinds},
    {"broken", make_broken},
    {"turned", make_turned},
    {"videos", make_videos},
    {"wide", make_wide},
    {"mixed", [](const Folder& folder, int count) { make_mixed(folder, count, false); }},
    {"mixed_thin", [](const Folder& folder, int count) { make_mixed(folder, count, true); }},
};

int make(int argc, char** argv) {
  const auto set = argc >= 3 ? kSets.find(argv[2]) : kSets.end();
  if (set == kSets.end()) {
    std::cerr << "usage: make_test_images FOLDER SET [COUNT], with SET one of";
    for (const auto& [name, unused] : kSets) std::cerr << ' ' << name;
    std::cerr << '\n';
    return 2;
  }
  set->second(Folder(argv[1]), argc > 3 ? std::atoi(argv[3]) : 1);
  return 0;
}

}  // namespace
}  // namespace pretag

int main(int argc, char** argv) {
  try {
    return pretag::make(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "make_test_images: " << error.what() << '\n';
    return 1;
  }
}
