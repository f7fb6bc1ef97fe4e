// One reading of a video file's pictures, from its beginning or from a key frame on. Private to video/.
#pragma once

#include <memory>

#include "pretag/util/result.h"
#include "pretag/video/ffmpeg_handles.h"
#include "pretag/video/ffmpeg_input.h"
#include "pretag/video/frame_index.h"
#include "pretag/video/video_file.h"

namespace pretag {

class VideoDecoder {
 public:
  // The first stream of pictures of `file`, which must outlive it. Errors are those of VideoFile::open, but for what
  // the file itself says when it cannot be read: it has to be asked.
  static Result<VideoDecoder> open(WatchedReader& file, const VideoOptions& options);

  AVFormatContext& format() const { return *format_; }
  const AVStream& stream() const { return *stream_; }

  // The next picture in the order in which they are shown; null at the end.
  Result<FfmpegHandle<AVFrame>> next();

  // Goes on from there; false if that cannot be found again, and then next() is not to be asked any more: a damaged
  // AVI, whose times are numbers of packets, has other times when it is read from elsewhere.
  bool jump_to(const KeyFrame& key_frame);

  // Whether a packet was refused since this was asked last. The frame that it was to give is missing.
  bool take_refusal() { return std::exchange(has_refused_, false); }

 private:
  VideoDecoder() = default;
  void feed();
  bool read_packet();

  std::unique_ptr<FfmpegInput> input_;  // before `format_`, which reads from it
  FfmpegHandle<AVFormatContext> format_;
  FfmpegHandle<AVCodecContext> codec_;
  AVStream* stream_ = nullptr;  // of `format_`
  FfmpegHandle<AVPacket> packet_;
  bool has_packet_ = false;  // packet_ was read, and not yet fed
  bool has_ended_ = false;   // the decoder knows that no packets follow
  bool has_refused_ = false;
};

// Whether FFmpeg had to conceal something of it.
bool is_damaged(const AVFrame& frame);

}  // namespace pretag
