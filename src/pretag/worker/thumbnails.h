// Small copies of images for people who look through a dataset.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "pretag/io/file_system.h"
#include "pretag/util/result.h"

namespace pretag {

struct ThumbnailPlaces {
  std::string lightly;  // the folder that thumbnails go below
  std::string suffix;   // as ".lightly/thumbnails/[filename]_thumb.[extension]"; empty: there are to be none
};

// What the thumbnail of an image is called below `lightly`: [filename] stands for its path without the extension.
std::string thumbnail_name(const std::string& suffix, const std::string& image);

// Writes the thumbnail of `image`, whose file is `bytes`, 320 pixels at most on its longer side, and gives its name.
// PNG for images in PNG, else JPEG, whatever the extension: browsers go by the content. kInvalidArgument for a suffix
// that leaves the folder; kCorrupt or kUnsupported where the image cannot be decoded (any more); kIo for a folder that
// cannot be written.
Result<std::string> write_thumbnail(FileSystem& files, const ThumbnailPlaces& places, const std::string& image,
                                    std::span<const std::byte> bytes);

}  // namespace pretag
