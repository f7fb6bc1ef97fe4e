#include "pretag/video/frame_index.h"

#include <fmt/format.h>

#include <algorithm>

namespace pretag {
namespace {

constexpr size_t kMostFrames = 50'000'000;  // nine days at 60 a second

}  // namespace

std::optional<size_t> FrameIndex::find(int64_t time) const {
  const auto found = std::ranges::lower_bound(pts, time);
  if (found == pts.end() || *found != time) return std::nullopt;
  return static_cast<size_t>(found - pts.begin());
}

std::optional<KeyFrame> FrameIndex::key_frame_for(size_t frame) const {
  const auto after = std::ranges::upper_bound(key_frames, pts[frame], {}, &KeyFrame::pts);
  if (after == key_frames.begin()) return std::nullopt;
  return *(after - 1);
}

Result<FrameIndex> read_frame_index(AVFormatContext& format, int stream) {
  FrameIndex index;
  const FfmpegHandle<AVPacket> packet(av_packet_alloc());
  if (!packet) return Error{ErrorCode::kInternal, "out of memory"};
  bool has_times = true;
  while (av_read_frame(&format, packet.get()) >= 0) {  // whatever ends it: the frames up to there can be read
    // Frames before the begin of an edit list are decoded, but not shown.
    if (packet->stream_index == stream && (packet->flags & AV_PKT_FLAG_DISCARD) == 0) {
      has_times = has_times && packet->pts != AV_NOPTS_VALUE;
      index.pts.push_back(packet->pts);
      if ((packet->flags & AV_PKT_FLAG_KEY) != 0) {
        index.key_frames.push_back({packet->pts, packet->dts != AV_NOPTS_VALUE ? packet->dts : packet->pts});
      }
    }
    av_packet_unref(packet.get());
    if (index.pts.size() > kMostFrames) {
      return Error{ErrorCode::kUnsupported, fmt::format("has more than {} frames; cut it into pieces", kMostFrames)};
    }
  }
  std::ranges::sort(index.pts);
  std::ranges::sort(index.key_frames, {}, &KeyFrame::pts);
  if (!has_times || std::ranges::adjacent_find(index.pts) != index.pts.end()) return FrameIndex{};
  index.frames = static_cast<int64_t>(index.pts.size());
  return index;
}

}  // namespace pretag
