// The frames of a video file, with FFmpeg's demuxers and decoders (libavformat, libavcodec, libswscale).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "pretag/image/image.h"
#include "pretag/io/file_reader.h"
#include "pretag/util/result.h"

namespace pretag {

// Where in a file its frames are; made by a VideoFile, and good for another one of the same file.
struct FrameIndex;

struct VideoOptions {
  // Of a frame; a video of larger ones is refused. More than 8K has, as a decoder may keep seventeen of them.
  int64_t max_pixels = 36'000'000;
  int decoder_threads = 1;  // the frames are the same for every number
};

// When a frame is shown.
struct FrameTime {
  int64_t pts = 0;     // in the stream's own units
  double seconds = 0;  // the same in seconds
};

// The first stream of pictures in a file. Frames are counted from 0 in the order in which they are shown. For one
// thread at a time.
class VideoFile {
 public:
  // Reads what the header of the file says. kCorrupt: it is damaged, or no video; kUnsupported: frames too large, or a
  // codec that FFmpeg was built without; and what `file` says when it cannot be read, here and later. Errors name the
  // reason, not the file. With the `index` of an earlier VideoFile of the file it is not read through once more.
  static Result<std::unique_ptr<VideoFile>> open(std::unique_ptr<FileReader> file, const VideoOptions& options = {},
                                                 std::shared_ptr<const FrameIndex> index = nullptr);
  virtual ~VideoFile() = default;

  // The number of frames that the header claims, without a look at them; 0 where it claims none.
  virtual int64_t claimed_frames() const = 0;

  // The number of frames that are there. The first call reads through the file, without decoding it; where the file
  // tells no times it decodes all of it.
  virtual Result<int64_t> count_frames() = 0;

  // Null before the frames were counted.
  virtual std::shared_ptr<const FrameIndex> index() const = 0;

  // One frame, upright (a display matrix of quarter turns is applied), converted to RGB by the stream's own matrix.
  // Quick for frames in their order; any other is decoded from the key frame before it. kNotFound past the end;
  // kCorrupt for a frame that is damaged or that the decoder cannot make: what it would conceal is an error, never
  // padded grey.
  virtual Result<Image> frame(int64_t index) = 0;

  // kNotFound past the end; kUnsupported where the file does not tell times.
  virtual Result<FrameTime> time_of(int64_t index) = 0;
};

// Of the libraries that the program runs on.
std::string ffmpeg_version();

}  // namespace pretag
