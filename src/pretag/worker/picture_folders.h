// The pictures that a job makes, in the LIGHTLY datasource: frames of videos and crops of objects.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "pretag/io/file_system.h"
#include "pretag/source/source.h"
#include "pretag/util/result.h"

namespace pretag {

// A server that shows a dataset of videos, or of crops, looks there.
struct PictureFolder {
  const char* path;   // below the folder of the LIGHTLY datasource
  const char* holds;  // for messages
};
inline constexpr PictureFolder kFramePictures{".lightly/frames", "the selected frames of videos"};
inline constexpr PictureFolder kCropPictures{".lightly/crops", "the crops of the selected objects"};

// Whether pictures can be written there below `lightly`: better known before the work than after it. kIo names the
// folder.
Status prepare_picture_folder(FileSystem& files, const std::string& lightly, const PictureFolder& folder);

// How many pictures should be made at once, where they are read from `source` and written below `lightly`: a disk keeps
// the cores busy, a network mostly lets them wait.
size_t pictures_at_once(const FileSystem& files, const std::string& lightly, const Source& source);

// Writes one, which is `png`, to <lightly>/<path>/<name>. kInvalidArgument for a name that leaves the folder.
Status write_picture(FileSystem& files, const std::string& lightly, const PictureFolder& folder,
                     const std::string& name, std::span<const std::byte> png);

}  // namespace pretag
