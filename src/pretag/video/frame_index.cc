#include "pretag/video/frame_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pretag/video/coded_pictures.h"

namespace pretag {
namespace {

constexpr int kMostAhead = 15;  // as many as a VideoFile keeps when it decodes ahead

// `decoded` has the times of all frames in the order of decoding, `lacking` those of packets that lack a piece; the
// frames of `key_frames` are still to be found.
FrameIndex index_of(const std::vector<int64_t>& decoded, std::vector<KeyFrame> key_frames,
                    const std::vector<int64_t>& lacking) {
  FrameIndex index;
  index.pts = decoded;
  std::ranges::sort(index.pts);
  if (std::ranges::adjacent_find(index.pts) != index.pts.end()) return {};
  index.frames = static_cast<int64_t>(index.pts.size());
  index.ahead.resize(decoded.size());
  int64_t latest = 0;
  for (const int64_t pts : decoded) {
    const int64_t frame = *index.find(pts);
    latest = std::max(latest, frame);
    index.ahead[static_cast<size_t>(frame)] = static_cast<uint8_t>(std::min<int64_t>(latest - frame, kMostAhead));
  }
  for (KeyFrame& key_frame : key_frames) key_frame.frame = *index.find(key_frame.pts);
  std::ranges::sort(key_frames, {}, &KeyFrame::frame);
  index.key_frames = std::move(key_frames);
  for (const int64_t pts : lacking) index.damaged.push_back(*index.find(pts));
  std::ranges::sort(index.damaged);
  return index;
}

}  // namespace

std::optional<int64_t> FrameIndex::find(int64_t time) const {
  const auto found = std::ranges::lower_bound(pts, time);
  if (found == pts.end() || *found != time) return std::nullopt;
  return found - pts.begin();
}

std::optional<KeyFrame> FrameIndex::key_frame_for(int64_t frame) const {
  const auto after = std::ranges::upper_bound(key_frames, frame, {}, &KeyFrame::frame);
  if (after == key_frames.begin()) return std::nullopt;
  return *(after - 1);
}

void FrameIndex::drop_before(int64_t frame) {
  frames -= frame;
  pts.erase(pts.begin(), pts.begin() + frame);
  ahead.erase(ahead.begin(), ahead.begin() + frame);
  std::erase_if(key_frames, [&](const KeyFrame& key_frame) { return key_frame.frame < frame; });
  for (KeyFrame& key_frame : key_frames) key_frame.frame -= frame;
  std::erase_if(damaged, [&](int64_t index) { return index < frame; });
  for (int64_t& index : damaged) index -= frame;
}

std::vector<uint8_t> frames_ahead(const std::vector<bool>& looks_ahead) {
  std::vector<uint8_t> ahead(looks_ahead.size());
  for (size_t i = ahead.size(); i-- > 1;) {
    if (looks_ahead[i - 1]) ahead[i - 1] = static_cast<uint8_t>(std::min(ahead[i] + 1, kMostAhead));
  }
  return ahead;
}

Result<FrameIndex> read_frame_index(AVFormatContext& format, int stream) {
  const FfmpegHandle<AVPacket> packet(av_packet_alloc());
  if (!packet) return Error{ErrorCode::kInternal, "out of memory"};
  CodedPictures pictures(*format.streams[stream]->codecpar);
  std::vector<int64_t> decoded, lacking;
  std::vector<KeyFrame> key_frames;
  bool has_times = true;
  const bool may_be_joined = (format.iformat->flags & AVFMT_TS_DISCONT) != 0;  // as transport streams may
  int64_t last_dts = INT64_MIN;
  while (av_read_frame(&format, packet.get()) >= 0) {  // whatever ends it: the frames up to there can be read
    // Frames before the begin of an edit list are decoded, but not shown, and nothing is to be seen of an empty packet.
    const bool is_ours = packet->stream_index == stream && packet->size > 0;
    const bool has_picture = is_ours && pictures.has_picture({packet->data, static_cast<size_t>(packet->size)});
    const bool lacks_a_piece = (packet->flags & AV_PKT_FLAG_CORRUPT) != 0;
    if (has_picture && (packet->flags & AV_PKT_FLAG_DISCARD) == 0) {
      // Where two recordings were joined the clock may go back, and times of both are among each other.
      const bool went_back = may_be_joined && packet->dts != AV_NOPTS_VALUE && packet->dts < last_dts;
      if (packet->dts != AV_NOPTS_VALUE) last_dts = packet->dts;
      has_times = has_times && packet->pts != AV_NOPTS_VALUE && !went_back;
      decoded.push_back(packet->pts);
      if (lacks_a_piece) lacking.push_back(packet->pts);
      if ((packet->flags & AV_PKT_FLAG_KEY) != 0) {
        const int64_t dts = packet->dts != AV_NOPTS_VALUE ? packet->dts : packet->pts;
        key_frames.push_back({.pts = packet->pts, .dts = dts, .position = packet->pos});
      }
    } else if (is_ours && !has_picture && lacks_a_piece && !decoded.empty()) {
      lacking.push_back(decoded.back());  // of which this is the second field
    }
    av_packet_unref(packet.get());
    if (decoded.size() > size_t{kMostFrames}) {
      return Error{ErrorCode::kUnsupported, fmt::format("has more than {} frames; cut it into pieces", kMostFrames)};
    }
  }
  return has_times ? index_of(decoded, std::move(key_frames), lacking) : FrameIndex{};
}

}  // namespace pretag
