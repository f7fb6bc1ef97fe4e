// Images, and the frames of videos, in a folder of the file system.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/io/file_system.h"
#include "pretag/source/shard.h"
#include "pretag/source/source.h"
#include "pretag/util/result.h"
#include "pretag/video/video_file.h"

namespace pretag {

enum class Pictures { kImages, kVideoFrames, kBoth };

struct FolderOptions {
  size_t max_file_bytes = size_t{512} << 20;       // larger files are refused when read; videos may be of any size
  FileSystem* file_system = &local_file_system();  // not owned; must outlive the source
  Pictures pictures = Pictures::kImages;           // what list() tells of
  std::vector<std::string_view> extensions{};      // of other files to list instead, in lower case
  std::string after{};                             // list() tells only what comes after this key
  int64_t modified_from = INT64_MIN;               // and files that were changed or came from then on,
  int64_t modified_to = INT64_MAX;                 // up to then, in unix seconds (DirectoryEntry)
  VideoOptions video{};                            // how videos are decoded
  bool trust_frame_count = false;                  // take the number of frames that a video's header claims
  // list() does not open a video whose key this says no to; empty: it opens all.
  std::function<bool(const std::string& key)> wants_video{};
  // list() visits only what is in this part, and does not open other videos. Other things that it skips it tells of in
  // every part: below a folder that one program cannot read, there may be images of each.
  Shard shard{};
};

// Of files that are taken for images, in lower case, without the dot.
std::span<const std::string_view> image_extensions();

// All files under `root` with the extension of an image, in any case: what is really in them is for the decoder to say,
// and so an image of a kind that is not read (gif, heic …) is listed, too, and fails with a reason.
//  - Every frame of a video is a key (data/frame_name.h), and read() gives it as a PNG. list() reads through each video
//    to count its frames; a video that cannot be opened is skipped with the reason. A file that is called like a frame
//    stands for it, whatever list() tells of; in a bucket, not one that comes while the source is in use.
//  - `root` may also be a single image file, of any extension: the source then has that one key, under its folder. It
//    may be a single video.
//  - Names that begin with a dot (.lightly, .git, ._photo.jpg) are passed over in silence.
//  - Links are followed; a folder that contains itself is skipped there, with the reason.
//  - Names that are not UTF-8 are skipped, shown with \xNN for each byte that does not fit.
//  - Unreadable folders, and what has an image's name but is no file, are skipped with the reason.
// Of what comes before `after`, list() looks at names alone, and does not open folders or videos that are before it as
// a whole. list() holds one folder of each level in memory, not the tree. read() gives kNotFound for a file that is
// gone, kUnsupported for one above the limit, kInvalidArgument for a key that would leave the root. kNotFound if there
// is no `root`, kIo if it cannot be opened or is neither folder nor file.
Result<std::unique_ptr<Source>> open_folder_source(const std::string& root, const FolderOptions& options = {});

}  // namespace pretag
