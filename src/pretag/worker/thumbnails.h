// Small copies of images for people who look through a dataset.
#pragma once

#include <atomic>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "pretag/io/file_system.h"
#include "pretag/util/result.h"
#include "pretag/worker/job_reporter.h"

namespace pretag {

struct ThumbnailPlaces {
  std::string lightly;  // the folder that thumbnails go below
  std::string suffix;   // as ".lightly/thumbnails/[filename]_thumb.[extension]"; empty: there are to be none
};

// What the thumbnail of an image is called below `lightly`: [filename] stands for its path without the extension.
std::string thumbnail_name(const std::string& suffix, const std::string& image);

// Writes the thumbnail of `image`, whose file is `bytes`, 320 pixels at most on its longer side, and gives its name.
// PNG for images in PNG, else JPEG, whatever the extension: browsers go by the content. kInvalidArgument for a suffix
// that leaves the folder; kCorrupt or kUnsupported where the image cannot be decoded (any more), or the name would be
// too long; any other for a folder that cannot be written.
Result<std::string> write_thumbnail(FileSystem& files, const ThumbnailPlaces& places, const std::string& image,
                                    std::span<const std::byte> bytes);

// Those of a job. A folder that cannot be written, as many an input is, must not make the job fail: it is a warning,
// and there will be none. Thread-safe. `files` and `reporter` must outlive it.
class ThumbnailWriter {
 public:
  ThumbnailWriter(FileSystem& files, ThumbnailPlaces places, JobReporter& reporter)
      : files_(files), places_(std::move(places)), reporter_(reporter) {}

  const ThumbnailPlaces& places() const { return places_; }
  bool wanted() const { return !places_.suffix.empty() && !given_up_; }
  // The name of the thumbnail; nothing where there is none. An error where nothing can be written for now.
  Result<std::string> write(const std::string& image, std::span<const std::byte> bytes);

 private:
  FileSystem& files_;
  ThumbnailPlaces places_;
  JobReporter& reporter_;
  std::atomic<bool> given_up_ = false;
};

}  // namespace pretag
