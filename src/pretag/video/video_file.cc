#include "pretag/video/video_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "pretag/video/ffmpeg_handles.h"
#include "pretag/video/ffmpeg_input.h"
#include "pretag/video/frame_damage.h"
#include "pretag/video/frame_index.h"
#include "pretag/video/frame_pixels.h"
#include "pretag/video/video_decoder.h"

namespace pretag {
namespace {

// See VideoFile::decode.
constexpr double kDamagedScore = 1, kBuiltOnDamageScore = 0.5;

// A damaged header may claim any number, and each frame would be listed. A frame takes at least a byte of the file.
int64_t plausible_claim(int64_t frames, uint64_t file_size) {
  const uint64_t most = std::min<uint64_t>(kMostFrames, file_size);
  return frames > 0 && static_cast<uint64_t>(frames) <= most ? frames : 0;
}

int64_t shown_at(const AVFrame& frame) { return frame.pts != AV_NOPTS_VALUE ? frame.pts : frame.best_effort_timestamp; }

class FfmpegVideo final : public VideoFile {
 public:
  FfmpegVideo(std::unique_ptr<WatchedReader> file, const VideoOptions& options, VideoDecoder decoder,
              std::shared_ptr<const FrameIndex> index)
      : file_(std::move(file)),
        options_(options),
        claimed_(plausible_claim(decoder.stream().nb_frames, file_->size())),
        decoder_(std::move(decoder)),
        index_(std::move(index)) {}

  int64_t claimed_frames() const override { return claimed_; }

  Result<int64_t> count_frames() override {
    return guarded<int64_t>([&]() -> Result<int64_t> {
      PRETAG_TRY(count());
      return index_->frames;
    });
  }

  std::shared_ptr<const FrameIndex> index() const override { return index_; }

  Result<DecodedFrame> decode(int64_t index) override {
    return guarded<DecodedFrame>([&]() -> Result<DecodedFrame> {
      PRETAG_TRY(check(index));
      PRETAG_ASSIGN(Frame found, find(index));
      PRETAG_ASSIGN(auto damaged, first_damaged_for(index));
      if (damaged && !is_certain(index)) {
        PRETAG_ASSIGN(found, find_running_through(index));
        PRETAG_ASSIGN(damaged, first_damaged_for(index));
        is_damaged_for_sure_ = is_damaged_for_sure_ || damaged;
      }
      PRETAG_TRY(judge(index, damaged));
      if (damaged && first_ > 0) {
        PRETAG_ASSIGN(found, find_running_through(index));
      }
      if (!found) return Error{ErrorCode::kCorrupt, "the frame cannot be decoded"};
      return DecodedFrame(found.release(), orientation());
    });
  }

  Result<FrameTime> time_of(int64_t index) override {
    return guarded<FrameTime>([&]() -> Result<FrameTime> {
      PRETAG_TRY(check(index));
      if (!index_->has_times())
        return Error{ErrorCode::kUnsupported, "the video does not tell when its frames are shown"};
      const int64_t pts = index_->pts[static_cast<size_t>(index)];
      return FrameTime{pts, static_cast<double>(pts) * av_q2d(decoder_->stream().time_base)};
    });
  }

 private:
  using Frame = FfmpegHandle<AVFrame>;
  struct Passed {
    int64_t index;
    Frame frame;
  };

  // Several threads ask for neighbours, and the later one may be the first to ask: what is decoded on the way is kept
  // for a moment.
  static constexpr size_t kMostPassed = 16;
  // So far ahead, decoding what lies between is as quick as a search for the key frame.
  static constexpr int64_t kShortWay = 16;

  template <class T>
  Result<T> guarded(const std::function<Result<T>()>& work) {
    const auto index = index_;
    try {
      auto result = work();
      const auto error = file_->take_error();
      if (!error) return result;
      // What was found out since the read failed may be wrong.
      decoder_.reset();
      index_ = index;
      damage_ = {};
      is_damaged_for_sure_ = false;
      passed_.clear();
      return *error;
    } catch (const std::bad_alloc&) {
      return Error{ErrorCode::kUnsupported, "not enough memory to decode it"};
    }
  }

  // The file is open, and has a frame of that index.
  Status check(int64_t index) {
    PRETAG_TRY(count());
    if (index >= 0 && index < index_->frames) return {};
    return Error{ErrorCode::kNotFound, fmt::format("the video has {} frames only", index_->frames)};
  }

  Status count() {
    if (!decoder_) PRETAG_TRY(start_over());  // it could not be opened a second time; perhaps now
    if (index_) return {};
    PRETAG_ASSIGN(FrameIndex index, read_frame_index(decoder_->format(), decoder_->stream().index));
    PRETAG_TRY(start_over());
    if (!index.has_times()) {
      PRETAG_ASSIGN(index, index_by_decoding());
      PRETAG_TRY(start_over());
    } else if (index.key_frames.empty() || index.key_frames.front().frame > 0) {
      PRETAG_TRY(leave_out_what_no_decoder_shows(index));
    }
    index_ = std::make_shared<const FrameIndex>(std::move(index));
    return {};
  }

  // A recording that begins between two key frames: whoever decodes it, and numbers the frames by that, begins with the
  // first frame that does not build on what is missing.
  Status leave_out_what_no_decoder_shows(FrameIndex& index) {
    PRETAG_ASSIGN(const Frame first, decoder_->next());
    const auto index_of_first = first ? index.find(shown_at(*first)) : std::nullopt;
    if (index_of_first) index.drop_before(*index_of_first);
    return start_over();
  }

  // Of a file that does not tell times.
  Result<FrameIndex> index_by_decoding() {
    FrameIndex index;
    std::vector<bool> looks_ahead;
    for (;; ++index.frames) {
      PRETAG_ASSIGN(const Frame frame, decoder_->next());
      if (!frame) break;
      const bool is_key = frame->key_frame != 0;
      if (is_key) index.key_frames.push_back({.frame = index.frames});
      // A key frame needs nothing of what was refused before it.
      const bool lacks_one_before = decoder_->take_refusal() && !is_key;
      if (is_damaged(*frame) || lacks_one_before) index.damaged.push_back(index.frames);
      looks_ahead.push_back(frame->pict_type == AV_PICTURE_TYPE_B);
    }
    index.ahead = frames_ahead(looks_ahead);
    return index;
  }

  Status start_over() {
    decoder_.reset();  // first, as the codec's frames and the file's buffers need not be there twice
    PRETAG_ASSIGN(decoder_, VideoDecoder::open(*file_, options_));
    next_ = first_ = 0;
    last_ = -1;
    passed_.clear();
    return {};
  }

  // The frame of that index, null if it cannot be decoded. Goes on from where the decoder is, or from the key frame
  // before, or from the begin.
  Result<Frame> find(int64_t index) {
    if (Frame passed = take_passed(index)) return passed;
    const bool is_ahead = next_ <= index, is_near = is_ahead && index - next_ < kShortWay;
    // Where there is damage, what a jump finds would have to be verified from the begin again and again; and without
    // times there are no jumps, but from the begin.
    const bool runs_through = !index_->has_times() || (is_damaged_for_sure_ && first_ == 0);
    const bool goes_on = is_near || (is_ahead && runs_through);
    if (!goes_on && !jump_before(index)) PRETAG_TRY(start_over());
    return decode_until(index, is_near);
  }

  // The same of a decoder that has seen all before. What one makes of damage depends on what it has seen.
  Result<Frame> find_running_through(int64_t index) {
    PRETAG_TRY(start_over());
    return decode_until(index, false);
  }

  Frame take_passed(int64_t index) {
    const auto found = std::ranges::find(passed_, index, &Passed::index);
    if (found == passed_.end()) return nullptr;
    Frame frame = std::move(found->frame);
    passed_.erase(found);
    return frame;
  }

  bool jump_before(int64_t index) {
    const auto key_frame = index_->has_times() ? index_->key_frame_for(index) : std::nullopt;
    if (!key_frame || !decoder_->jump_to(*key_frame)) return false;
    first_ = key_frame->frame;
    last_ = first_ - 1;
    passed_.clear();
    return true;
  }

  // The frame of that index, or null when a later one or the end comes. What is passed on the way is kept if so
  // asked.
  Result<Frame> decode_until(int64_t index, bool keep) {
    while (true) {
      PRETAG_ASSIGN(Frame frame, decode_next());
      if (!frame) note_missing(index_->frames);
      if (!frame) return Frame();
      const int64_t reached = next_ - 1;
      note(reached, *frame);
      if (reached == index) return frame;
      if (keep || reached > index) keep_passed(reached, std::move(frame));
      if (reached > index) return Frame();
    }
  }

  // Sets next_ to one more than the frame's index. Null at the end.
  Result<Frame> decode_next() {
    while (true) {
      PRETAG_ASSIGN(Frame frame, decoder_->next());
      if (!frame) return frame;
      if (!index_->has_times()) {
        ++next_;
        return frame;
      }
      const auto index = index_->find(shown_at(*frame));
      if (!index) continue;  // a frame that the index does not know is not shown
      next_ = *index + 1;
      return frame;
    }
  }

  void keep_passed(int64_t index, Frame frame) {
    if (passed_.size() == kMostPassed) passed_.pop_front();
    passed_.push_back({index, std::move(frame)});
  }

  void note(int64_t frame, const AVFrame& decoded) {
    // What is shown before the key frame that was jumped to, but decoded after it, lacks what it builds on; and what
    // comes later than its turn comes from a decoder that has lost track.
    if (frame <= last_) return;
    note_missing(frame);
    damage_.note(frame, is_damaged(decoded) ? FrameState::kDamaged : FrameState::kWhole, first_ == 0);
    last_ = frame;
  }

  // Those after the last one decoded and before `next`.
  void note_missing(int64_t next) {
    while (last_ + 1 < next) damage_.note(++last_, FrameState::kMissing, first_ == 0);
  }

  // Of the frames that a frame may build on, and itself: the first that is damaged or missing.
  Result<std::optional<int64_t>> first_damaged_for(int64_t index) {
    const auto key_frame = index_->key_frame_for(index);
    const int64_t first = key_frame ? key_frame->frame : 0, last = last_needed_for(index);
    // Whether they are damaged should be known as surely as of the frame itself.
    for (int64_t next = index + 1; next <= last; ++next) {
      const bool is_known = damage_.state_of(next) != FrameState::kUnknown && (first_ > 0 || damage_.ran_through(next));
      if (is_known || !index_->has_times()) continue;
      PRETAG_ASSIGN(Frame found, find(next));
      if (found) keep_passed(next, std::move(found));
    }
    const auto known = std::ranges::lower_bound(index_->damaged, first);
    auto damaged = damage_.first_damaged(first, last);
    if (known != index_->damaged.end() && *known <= damaged.value_or(last)) damaged = *known;
    return damaged;
  }

  // A frame may build on those from the last key frame on, up to the last of those that are shown later but decoded
  // before.
  int64_t last_needed_for(int64_t index) const {
    const auto key_frame = index_->key_frame_for(index);
    const bool is_key = key_frame && key_frame->frame == index;
    return is_key ? index : index + index_->ahead[static_cast<size_t>(index)];
  }

  // Whether a decoder that ran through has told of all that the frame needs.
  bool is_certain(int64_t index) const { return !index_->has_times() || damage_.ran_through(last_needed_for(index)); }

  Status judge(int64_t index, std::optional<int64_t> damaged) const {
    const FrameState state = damage_.state_of(index);
    if (state == FrameState::kMissing) return Error{ErrorCode::kCorrupt, "the frame cannot be decoded"};
    const bool is_damaged = state == FrameState::kDamaged || std::ranges::binary_search(index_->damaged, index);
    if (is_damaged && kDamagedScore > options_.corruption_threshold)
      return Error{ErrorCode::kCorrupt, "the frame is damaged"};
    if (damaged && kBuiltOnDamageScore > options_.corruption_threshold)
      return Error{ErrorCode::kCorrupt, fmt::format("the frame builds on frame {}, which is damaged", *damaged)};
    return {};
  }

  int orientation() const {
    const auto* matrix = av_stream_get_side_data(&decoder_->stream(), AV_PKT_DATA_DISPLAYMATRIX, nullptr);
    return matrix != nullptr ? orientation_of(reinterpret_cast<const int32_t*>(matrix)) : 1;
  }

  const std::unique_ptr<WatchedReader> file_;  // before what reads from it
  const VideoOptions options_;
  const int64_t claimed_;
  std::optional<VideoDecoder> decoder_;      // none after a read has failed
  std::shared_ptr<const FrameIndex> index_;  // null before the frames were counted
  int64_t next_ = 0;                         // the frame that decode_next() gives, if none is missing
  int64_t first_ = 0;                        // the key frame that was jumped to; 0 for the begin of the file
  int64_t last_ = -1;                        // the last frame that the decoder has given since, or left out
  FrameDamage damage_;
  bool is_damaged_for_sure_ = false;  // a jump has found damage, and so has a decoder that ran through
  std::deque<Passed> passed_;
};

}  // namespace

Result<Image> DecodedFrame::to_image() const {
  try {
    return pretag::to_image(*frame_, orientation_);
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kUnsupported, "not enough memory to convert it"};
  }
}

void DecodedFrame::Free::operator()(AVFrame* frame) const { av_frame_free(&frame); }

std::string ffmpeg_version() { return av_version_info(); }

Result<std::unique_ptr<VideoFile>> VideoFile::open(std::unique_ptr<FileReader> file, const VideoOptions& options,
                                                   std::shared_ptr<const FrameIndex> index) {
  av_log_set_level(AV_LOG_QUIET);  // a library does not print; what goes wrong is in the results
  auto watched = std::make_unique<WatchedReader>(std::move(file));
  auto decoder = VideoDecoder::open(*watched, options);
  if (const auto error = watched->take_error()) return *error;
  if (!decoder) return decoder.error();
  return std::unique_ptr<VideoFile>(
      std::make_unique<FfmpegVideo>(std::move(watched), options, *std::move(decoder), std::move(index)));
}

}  // namespace pretag
