// The selected frames of videos as images of their own, in the LIGHTLY datasource.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "pretag/io/file_system.h"
#include "pretag/util/result.h"

namespace pretag {

// Where frames go below the folder of the LIGHTLY datasource. A server that shows a dataset of videos looks there.
inline constexpr char kFramesFolder[] = ".lightly/frames";

// Whether frames can be written below `lightly`: better known before the work than after it. kIo names the folder.
Status prepare_frames_folder(FileSystem& files, const std::string& lightly);

// Writes one frame, which is `png`, to <lightly>/.lightly/frames/<name>. kInvalidArgument for a name that leaves the
// folder.
Status write_frame(FileSystem& files, const std::string& lightly, const std::string& name,
                   std::span<const std::byte> png);

}  // namespace pretag
