// The frames of a video file, with FFmpeg's demuxers and decoders (libavformat, libavcodec, libswscale).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "pretag/image/image.h"
#include "pretag/io/file_reader.h"
#include "pretag/util/result.h"

struct AVFrame;

namespace pretag {

// Where in a file its frames are; made by a VideoFile, and good for another one of the same file.
struct FrameIndex;

struct VideoOptions {
  // Of a frame; a video of larger ones is refused. More than 8K has, as a decoder may keep seventeen of them.
  int64_t max_pixels = 36'000'000;
  // From 0 to 1. Frames that score more are kCorrupt: see decode().
  double corruption_threshold = 0.1;
};

// When a frame is shown.
struct FrameTime {
  int64_t pts = 0;     // in the stream's own units
  double seconds = 0;  // the same in seconds
};

// One frame as the codec has left it. For one thread at a time, any one, and good beyond the end of its VideoFile.
class DecodedFrame {
 public:
  // Takes ownership of `frame`; `orientation` is EXIF's number.
  DecodedFrame(AVFrame* frame, int orientation) : frame_(frame), orientation_(orientation) {}

  // Upright (a display matrix of quarter turns is applied), converted to RGB by the stream's own matrix. kUnsupported
  // where there is not enough memory, or no conversion from its kind of pixels.
  Result<Image> to_image() const;

 private:
  struct Free {
    void operator()(AVFrame* frame) const;
  };
  std::unique_ptr<AVFrame, Free> frame_;
  int orientation_;
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

  // The number of frames that the header claims, without a look at them; 0 where it claims none, or more than there can
  // be in a file of this size.
  virtual int64_t claimed_frames() const = 0;

  // The number of frames that are there. The first call reads through the file, without decoding it; where the file
  // tells no times it decodes all of it.
  virtual Result<int64_t> count_frames() = 0;

  // Null before the frames were counted.
  virtual std::shared_ptr<const FrameIndex> index() const = 0;

  // One frame. Quick for frames in their order; any other is decoded from the key frame before it. kNotFound past the
  // end; kCorrupt for a frame that the decoder cannot make, and for one whose corruption is above the threshold: 1
  // where the decoder had to conceal damage, 0.5 where a frame that it may build on is damaged or missing, one of those
  // since the last key frame. Damage that the codec does not notice is not seen: hardly any of H.265 and VP8 is.
  virtual Result<DecodedFrame> decode(int64_t index) = 0;

  // The same as a picture. Converting takes as long as decoding: where several threads share a video, let them do that
  // beside each other.
  Result<Image> frame(int64_t index) {
    PRETAG_ASSIGN(const DecodedFrame decoded, decode(index));
    return decoded.to_image();
  }

  // kNotFound past the end; kUnsupported where the file does not tell times.
  virtual Result<FrameTime> time_of(int64_t index) = 0;
};

// Of the libraries that the program runs on.
std::string ffmpeg_version();

}  // namespace pretag
