#include "pretag/run/sampled_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "pretag/formats/stems.h"
#include "pretag/image/decode.h"
#include "pretag/image/encode.h"
#include "pretag/image/resize.h"
#include "pretag/io/file_system.h"
#include "pretag/run/object_crops.h"
#include "pretag/source/source.h"

namespace pretag {
namespace {

constexpr char kFolder[] = "data/sampled";
constexpr int kJpegQuality = 95;
constexpr int kLongestSide = 65'000;

struct File {
  std::string name;
  std::vector<std::byte> bytes;
};

Image resized(Image image, const OutputSize& size) {
  if (size.is_original()) return image;
  if (size.shorter_side == 0) return resize(image, size.width, size.height);
  const double scale = static_cast<double>(size.shorter_side) / std::min(image.width, image.height);
  const auto scaled = [&](int side) {
    return std::clamp(static_cast<int>(std::lround(side * scale)), 1, kLongestSide);
  };
  return resize(image, scaled(image.width), scaled(image.height));
}

class Copier {
 public:
  Copier(const Source& source, const RunConfig& config, const OutputSize& size)
      : source_(source), config_(config), size_(size) {}

  // Names must come in byte order.
  Result<File> copy(const std::string& name) {
    const bool has_stem = stems_.claim(name);
    PRETAG_ASSIGN(auto bytes, source_.read(name));
    const std::string& format = config_.output_image_format;
    const bool as_it_is = format == "original" && size_.is_original();
    if (as_it_is) return File{name, std::move(bytes)};
    const std::string stored = sniff_image_format(bytes);
    const bool is_jpeg = format == "jpg" || (format == "original" && stored == "jpeg");
    PRETAG_ASSIGN(Image image, decode_image(bytes, {.max_pixels = config_.max_image_pixels}));
    image = resized(std::move(image), size_);
    PRETAG_ASSIGN(auto encoded, is_jpeg ? encode_jpeg(image, kJpegQuality) : encode_png(image));
    if (format != "original") {
      return File{fmt::format("{}.{}", has_stem ? stem_of(name) : name, format), std::move(encoded)};
    }
    return File{is_jpeg || stored == "png" ? name : name + ".png", std::move(encoded)};
  }

 private:
  const Source& source_;
  const RunConfig& config_;
  const OutputSize size_;
  StemOwners stems_;
};

Status write(const RunOutputs& outputs, const File& file) {
  const std::string path = fmt::format("{}/{}", outputs.path(kFolder), file.name);
  PRETAG_TRY(outputs.files.make_directories(path.substr(0, path.rfind('/'))));
  return outputs.files.write_one_of_many(path, {reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size()});
}

}  // namespace

Result<OutputSize> parse_output_size(const std::string& text) {
  const Error wrong{
      ErrorCode::kInvalidArgument,
      fmt::format("output_image_size cannot be '{}': it is -1, the length of the shorter side in pixels, or "
                  "[height, width]",
                  text)};
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const auto side = [](const nlohmann::json& number) {
    const bool possible = number.is_number_integer() && number >= 1 && number <= kLongestSide;
    return possible ? number.get<int>() : 0;
  };
  OutputSize size;
  if (json == -1) return size;
  if (json.is_array() && json.size() == 2) {
    size.height = side(json[0]), size.width = side(json[1]);
    if (size.height > 0 && size.width > 0) return size;
    return wrong;
  }
  size.shorter_side = side(json);
  if (size.shorter_side == 0) return wrong;
  return size;
}

Status remove_sampled_images(const RunOutputs& outputs) { return remove_folder(outputs, kFolder); }

Status write_sampled_images(const RunOutputs& outputs, const Source& source, const Selection& selection,
                            const RunConfig& config, ProgressSink& progress, const std::atomic<bool>& cancel) {
  PRETAG_ASSIGN(const OutputSize size, parse_output_size(config.output_image_size));
  std::vector<std::string> names;
  for (const SelectedSample& sample : selection.selected) names.push_back(sample.filename);
  std::ranges::sort(names);
  Progress state{.total = static_cast<int64_t>(names.size())};
  progress.started("Copying the selected images", state);
  Copier copier(source, config, size);
  Status written;
  for (const std::string& name : names) {
    if (cancel) written = Error{ErrorCode::kCancelled, "stopped"};
    if (!written) break;
    auto file = copier.copy(name);
    if (!file && concerns_all_keys(file.error())) {
      written = file.error().in(name);
      break;
    }
    if (file && !fits_on_disk(file->name)) file = Error{ErrorCode::kIo, "its name is too long for a disk"};
    if (file) written = write(outputs, *file);
    // In a bucket "x.jpg" may be an object and a folder.
    if (!written && written.error().code == ErrorCode::kNotFound) file = written.error(), written = {};
    if (!file) progress.warning(fmt::format("{}: not copied: {}", name, file.error().message));
    (file ? state.done : state.failed) += 1;
    progress.advanced(state);
  }
  progress.finished();
  return written ? outputs.files.sync_all(outputs.folder) : written;
}

Status copy_selected(const RunOutputs& outputs, const Source& source, const Selection& selection,
                     const RunConfig& config, ProgressSink& progress, const std::atomic<bool>& cancel) {
  PRETAG_TRY(write_sampled_images(outputs, source, selection, config, progress, cancel));
  if (!selection.objects) return {};
  return write_crops(outputs, source, *selection.objects, config.max_image_pixels, progress, cancel);
}

}  // namespace pretag
