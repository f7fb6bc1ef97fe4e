// When each frame of a video is shown, and where decoding may begin. Private to video/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "pretag/util/result.h"
#include "pretag/video/ffmpeg_handles.h"

namespace pretag {

struct KeyFrame {
  int64_t pts = 0, dts = 0;  // of its packet, in the stream's units
};

struct FrameIndex {
  int64_t frames = 0;
  std::vector<int64_t> pts;          // of every frame, rising; none where the file does not tell times
  std::vector<KeyFrame> key_frames;  // by pts, rising

  // The frame that is shown at `time`.
  std::optional<size_t> find(int64_t time) const;
  // Where to begin for a frame: the last key frame that is not shown after it; nothing where there is none.
  std::optional<KeyFrame> key_frame_for(size_t frame) const;
};

// Reads all packets of the stream, from where `format` stands, and decodes none. An index without anything where two
// frames have the same time or one has none: such a file can only be read from its beginning. kUnsupported past 50
// million frames.
Result<FrameIndex> read_frame_index(AVFormatContext& format, int stream);

}  // namespace pretag
