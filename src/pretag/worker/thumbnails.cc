#include "pretag/worker/thumbnails.h"

#include "pretag/image/decode.h"
#include "pretag/image/encode.h"
#include "pretag/image/resize.h"
#include "pretag/run/outputs.h"
#include "pretag/source/source.h"
#include "pretag/util/strings.h"
#include "pretag/worker/mount.h"

namespace pretag {
namespace {

constexpr int kLongerSide = 320;  // pixels
constexpr int kQuality = 85;      // of JPEG, 1 to 100

void replace(std::string& text, std::string_view from, const std::string& to) {
  const size_t at = text.find(from);
  if (at != std::string::npos) text.replace(at, from.size(), to);
}

}  // namespace

std::string thumbnail_name(const std::string& suffix, const std::string& image) {
  const size_t slash = image.rfind('/') + 1;  // 0 if there is none
  const size_t dot = image.rfind('.');
  const bool has_extension = dot != std::string::npos && dot > slash;
  std::string name = suffix;
  // The extension first: a file name may hold the words in brackets itself.
  replace(name, "[extension]", has_extension ? image.substr(dot + 1) : "");
  replace(name, "[filename]", has_extension ? image.substr(0, dot) : image);
  return name;
}

Result<std::string> write_thumbnail(FileSystem& files, const ThumbnailPlaces& places, const std::string& image,
                                    std::span<const std::byte> bytes) {
  std::string name = thumbnail_name(places.suffix, image);
  PRETAG_ASSIGN(const std::string path, below_mount(places.lightly, name, "the thumbnail"));
  if (!fits_on_disk(name)) return Error{ErrorCode::kUnsupported, "its name would be too long for a disk"};
  PRETAG_ASSIGN(const Image pixels, decode_image(bytes, {.longer_side_needed = kLongerSide}));
  const Image small = resize_to_fit(pixels, kLongerSide);
  PRETAG_ASSIGN(const auto encoded,
                sniff_image_format(bytes) == "png" ? encode_png(small) : encode_jpeg(small, kQuality));
  PRETAG_TRY(files.make_directories(path.substr(0, path.rfind('/'))));
  PRETAG_TRY(files.write_atomically(path, {reinterpret_cast<const char*>(encoded.data()), encoded.size()}));
  return name;
}

Result<std::string> ThumbnailWriter::write(const std::string& image, std::span<const std::byte> bytes) {
  if (!wanted()) return std::string();
  const auto name = write_thumbnail(files_, places_, image, bytes);
  if (name || concerns_all_keys(name.error())) return name;
  const ErrorCode code = name.error().code;
  const bool of_image = code == ErrorCode::kCorrupt || code == ErrorCode::kUnsupported || code == ErrorCode::kInternal;
  if (!of_image && given_up_.exchange(true)) return std::string();
  reporter_.log("WARNING", (of_image ? "No thumbnail of " + image + ": " : "There will be no thumbnails: ") +
                               name.error().message);
  return std::string();
}

}  // namespace pretag
