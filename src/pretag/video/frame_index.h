// When each frame of a video is shown, where decoding may begin, and what is damaged for sure. Private to video/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "pretag/util/result.h"
#include "pretag/video/ffmpeg_handles.h"

namespace pretag {

// Of a video that is read.
inline constexpr int64_t kMostFrames = 50'000'000;  // nine days at 60 a second

struct KeyFrame {
  int64_t frame = 0;  // counted in the order in which frames are shown
  // Of its packet: in the stream's units, and in bytes, -1 if unknown; where the file does not tell times 0.
  int64_t pts = 0, dts = 0, position = 0;
};

// Frames are counted from 0 in the order in which they are shown.
struct FrameIndex {
  int64_t frames = 0;
  std::vector<int64_t> pts;          // of every frame, rising; none where the file does not tell times
  std::vector<KeyFrame> key_frames;  // rising
  // Of every frame, how many of those shown after it are decoded before it. FFmpeg's decoders hold back sixteen at
  // most.
  std::vector<uint8_t> ahead;
  // Rising: those whose packet lacks a piece; where the file does not tell times, all that are damaged.
  std::vector<int64_t> damaged;

  bool has_times() const { return !pts.empty(); }
  // The frame that is shown at `time`.
  std::optional<int64_t> find(int64_t time) const;
  // Where to begin for a frame: the last key frame that is not shown after it; nothing where there is none.
  std::optional<KeyFrame> key_frame_for(int64_t frame) const;
  // `frame` becomes the first one. With times only.
  void drop_before(int64_t frame);
};

// Reads all packets of the stream, from where `format` stands, and decodes none. An index without anything where two
// frames have the same time, one has none, or the clock goes back: such a file can only be read from its beginning.
// kUnsupported past kMostFrames.
Result<FrameIndex> read_frame_index(AVFormatContext& format, int stream);

// FrameIndex::ahead of a file that tells no order of decoding: up to the next frame that looks back only.
std::vector<uint8_t> frames_ahead(const std::vector<bool>& looks_ahead);

}  // namespace pretag
