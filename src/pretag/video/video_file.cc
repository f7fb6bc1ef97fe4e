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
#include "pretag/video/frame_index.h"
#include "pretag/video/frame_pixels.h"

namespace pretag {
namespace {

// No lists of other files: a video from outside must not make us open anything else.
constexpr char kProtocols[] = "none";
constexpr char kFormats[] =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,mxf,h264,hevc,m4v,dv,ivf,obu";

Error damaged(int code) {
  return {ErrorCode::kCorrupt, fmt::format("cannot be read as a video: {}", ffmpeg_words(code))};
}

// One reading of the file, from its beginning.
struct Opened {
  std::unique_ptr<FfmpegInput> input;  // before `format`, which reads from it
  FfmpegHandle<AVFormatContext> format;
  FfmpegHandle<AVCodecContext> codec;
  AVStream* stream = nullptr;  // of `format`
};

Result<FfmpegHandle<AVFormatContext>> open_format(const FfmpegInput& input) {
  AVFormatContext* opened = avformat_alloc_context();
  if (opened == nullptr || input.context() == nullptr) {
    avformat_free_context(opened);
    return Error{ErrorCode::kInternal, "out of memory"};
  }
  opened->pb = input.context();
  AVDictionary* options = nullptr;
  av_dict_set(&options, "protocol_whitelist", kProtocols, 0);
  av_dict_set(&options, "format_whitelist", kFormats, 0);
  const int code = avformat_open_input(&opened, nullptr, nullptr, &options);  // frees it if that fails
  av_dict_free(&options);
  FfmpegHandle<AVFormatContext> format(opened);
  if (code < 0) return damaged(code);
  if (const int known = avformat_find_stream_info(format.get(), nullptr); known < 0) return damaged(known);
  return format;
}

// The first that is not the picture of a cover.
AVStream* first_pictures(AVFormatContext& format) {
  AVStream* chosen = nullptr;
  for (unsigned i = 0; i < format.nb_streams; ++i) {
    AVStream* stream = format.streams[i];
    const bool pictures = stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO;
    if (chosen == nullptr && pictures && (stream->disposition & AV_DISPOSITION_ATTACHED_PIC) == 0) {
      chosen = stream;
    } else {
      stream->discard = AVDISCARD_ALL;
    }
  }
  return chosen;
}

Result<Opened> open_video(WatchedReader& file, const VideoOptions& options) {
  Opened opened;
  opened.input = std::make_unique<FfmpegInput>(file);
  auto format = open_format(*opened.input);
  if (const auto error = file.take_error()) return *error;
  PRETAG_ASSIGN(opened.format, std::move(format));
  opened.stream = first_pictures(*opened.format);
  if (opened.stream == nullptr) return Error{ErrorCode::kCorrupt, "holds no stream of pictures"};
  const AVCodecParameters& parameters = *opened.stream->codecpar;
  if (parameters.width > 0 && parameters.height > 0 &&
      int64_t{parameters.width} * parameters.height > options.max_pixels) {
    return Error{ErrorCode::kUnsupported, fmt::format("its frames have {} x {} pixels, more than the limit of {}",
                                                      parameters.width, parameters.height, options.max_pixels)};
  }
  const AVCodec* decoder = avcodec_find_decoder(parameters.codec_id);
  if (decoder == nullptr) {
    return Error{ErrorCode::kUnsupported, fmt::format("there is no decoder for its codec, {}; convert it to H.264",
                                                      avcodec_get_name(parameters.codec_id))};
  }
  opened.codec.reset(avcodec_alloc_context3(decoder));
  if (!opened.codec) return Error{ErrorCode::kInternal, "out of memory"};
  if (const int code = avcodec_parameters_to_context(opened.codec.get(), &parameters); code < 0) return damaged(code);
  opened.codec->pkt_timebase = opened.stream->time_base;
  opened.codec->thread_count = std::max(1, options.decoder_threads);
  opened.codec->max_pixels = options.max_pixels;
  if (const int code = avcodec_open2(opened.codec.get(), decoder, nullptr); code < 0) return damaged(code);
  return opened;
}

bool is_damaged(const AVFrame& frame) {
  return frame.decode_error_flags != 0 || (frame.flags & AV_FRAME_FLAG_CORRUPT) != 0;
}

class FfmpegVideo final : public VideoFile {
 public:
  FfmpegVideo(std::unique_ptr<WatchedReader> file, const VideoOptions& options, Opened opened,
              std::shared_ptr<const FrameIndex> index)
      : file_(std::move(file)),
        options_(options),
        opened_(std::move(opened)),
        claimed_(std::max<int64_t>(0, opened_.stream->nb_frames)),
        index_(std::move(index)) {}

  int64_t claimed_frames() const override { return claimed_; }

  Result<int64_t> count_frames() override {
    return guarded<int64_t>([&]() -> Result<int64_t> {
      PRETAG_TRY(count());
      return index_->frames;
    });
  }

  std::shared_ptr<const FrameIndex> index() const override { return index_; }

  Result<Image> frame(int64_t index) override {
    return guarded<Image>([&]() -> Result<Image> {
      PRETAG_TRY(check(index));
      if (const auto passed = take_passed(index)) return finish(**passed);
      PRETAG_ASSIGN(auto found, find(index));
      return finish(*found);
    });
  }

  Result<FrameTime> time_of(int64_t index) override {
    return guarded<FrameTime>([&]() -> Result<FrameTime> {
      PRETAG_TRY(check(index));
      if (!has_times()) return Error{ErrorCode::kUnsupported, "the video does not tell when its frames are shown"};
      const int64_t pts = index_->pts[static_cast<size_t>(index)];
      return FrameTime{pts, static_cast<double>(pts) * av_q2d(opened_.stream->time_base)};
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
  // The decoder's threads may each have a packet that they refuse when the file has ended.
  static constexpr int kMostRefused = 64;
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
      opened_ = Opened{};
      index_ = index;
      missing_.clear();
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
    if (opened_.stream == nullptr) PRETAG_TRY(start_over());  // it could not be opened a second time; perhaps now
    if (index_) return {};
    PRETAG_ASSIGN(FrameIndex index, read_frame_index(*opened_.format, opened_.stream->index));
    PRETAG_TRY(start_over());
    if (index.pts.empty()) {
      PRETAG_ASSIGN(index.frames, count_by_decoding());
    }
    index_ = std::make_shared<const FrameIndex>(std::move(index));
    return {};
  }

  bool has_times() const { return index_ && !index_->pts.empty(); }

  Result<int64_t> count_by_decoding() {
    int64_t count = 0;
    for (;; ++count) {
      PRETAG_ASSIGN(const bool any, decode_next());
      if (!any) break;
    }
    PRETAG_TRY(start_over());
    return count;
  }

  Status start_over() {
    opened_ = Opened{};  // first, as the codec's threads and the file's buffers need not be there twice
    PRETAG_ASSIGN(opened_, open_video(*file_, options_));
    next_ = 0;
    ended_ = false;
    last_.reset();
    return {};
  }

  std::optional<Frame> take_passed(int64_t index) {
    const auto found = std::ranges::find(passed_, index, &Passed::index);
    if (found == passed_.end()) return std::nullopt;
    Frame frame = std::move(found->frame);
    passed_.erase(found);
    return frame;
  }

  // Goes on from where the decoder is, or from the key frame before, or, where that leads to nothing, from the begin.
  Result<Frame> find(int64_t index) {
    const Error missing{ErrorCode::kCorrupt, "the frame cannot be decoded"};
    if (is_missing(index)) return missing;
    const bool is_ahead = next_ <= index && index - next_ < kShortWay;
    if (!is_ahead && has_times() && jump_before(index)) {
      PRETAG_ASSIGN(auto found, decode_until(index, false));
      if (found && !is_damaged(**found)) return *std::move(found);
      if (is_missing(index)) return missing;
    }
    if (!is_ahead) PRETAG_TRY(start_over());
    PRETAG_ASSIGN(auto found, decode_until(index, is_ahead));
    return found ? Result<Frame>(*std::move(found)) : missing;
  }

  bool is_missing(int64_t index) const { return !missing_.empty() && missing_[static_cast<size_t>(index)]; }

  // Frames after the last one decoded and before `next`.
  void note_missing(int64_t next) {
    if (!last_ || *last_ + 1 >= next) return;
    missing_.resize(static_cast<size_t>(index_->frames));
    for (int64_t i = *last_ + 1; i < next; ++i) missing_[static_cast<size_t>(i)] = true;
  }

  bool jump_before(int64_t index) {
    const auto key_frame = index_->key_frame_for(static_cast<size_t>(index));
    if (!key_frame) return false;
    if (av_seek_frame(opened_.format.get(), opened_.stream->index, key_frame->dts, AVSEEK_FLAG_BACKWARD) < 0)
      return false;
    avcodec_flush_buffers(opened_.codec.get());
    ended_ = false;
    last_.reset();
    return true;
  }

  // The frame of that index, or nothing when a later one or the end comes. What is passed on the way is kept if so
  // asked.
  Result<std::optional<Frame>> decode_until(int64_t index, bool keep) {
    while (true) {
      PRETAG_ASSIGN(const bool any, decode_next());
      if (!any) note_missing(index_->frames);
      if (!any) return std::optional<Frame>();
      const int64_t reached = next_ - 1;
      note_missing(reached);
      last_ = reached;
      if (reached == index) return std::optional(std::move(decoded_));
      if (keep || reached > index) keep_passed(reached);
      if (reached > index) return std::optional<Frame>();
    }
  }

  void keep_passed(int64_t index) {
    if (passed_.size() == kMostPassed) passed_.pop_front();
    passed_.push_back({index, std::move(decoded_)});
  }

  // Decodes into decoded_ and sets next_ to one more than its index. Whether there was a frame.
  Result<bool> decode_next() {
    const FfmpegHandle<AVPacket> packet(av_packet_alloc());
    decoded_.reset(av_frame_alloc());
    if (!packet || !decoded_) return Error{ErrorCode::kInternal, "out of memory"};
    for (int refused = 0; refused < kMostRefused;) {
      const int code = avcodec_receive_frame(opened_.codec.get(), decoded_.get());
      if (code == 0 && place()) return true;
      if (code == 0) continue;  // a frame that the index does not know is not shown
      if (code == AVERROR_EOF) return false;
      if (ended_) ++refused;  // one of the last packets; there may be others behind it
      if (!ended_) feed(*packet);
    }
    return false;
  }

  // One packet, or at the end of the file the word that there are no more. A packet that the decoder refuses is a frame
  // that will be missing.
  void feed(AVPacket& packet) {
    const int read = av_read_frame(opened_.format.get(), &packet);
    if (read >= 0 && packet.stream_index != opened_.stream->index) return av_packet_unref(&packet);
    ended_ = read < 0;
    (void)avcodec_send_packet(opened_.codec.get(), ended_ ? nullptr : &packet);
    av_packet_unref(&packet);
  }

  bool place() {
    if (!has_times()) {
      ++next_;
      return true;
    }
    const auto index = index_->find(decoded_->pts != AV_NOPTS_VALUE ? decoded_->pts : decoded_->best_effort_timestamp);
    if (index) next_ = static_cast<int64_t>(*index) + 1;
    return index.has_value();
  }

  Result<Image> finish(const AVFrame& frame) {
    if (is_damaged(frame)) return Error{ErrorCode::kCorrupt, "the frame is damaged"};
    const auto* matrix = av_stream_get_side_data(opened_.stream, AV_PKT_DATA_DISPLAYMATRIX, nullptr);
    const int orientation = matrix != nullptr ? orientation_of(reinterpret_cast<const int32_t*>(matrix)) : 1;
    return to_image(frame, orientation, scaler_);
  }

  const std::unique_ptr<WatchedReader> file_;  // before what reads from it
  const VideoOptions options_;
  Opened opened_;
  const int64_t claimed_;
  std::shared_ptr<const FrameIndex> index_;  // null before the frames were counted
  int64_t next_ = 0;                         // the frame that decode_next() gives, if none is missing
  bool ended_ = false;                       // the decoder knows that no packets follow
  std::optional<int64_t> last_;              // the frame that was decoded last since the begin of the file or a jump
  std::vector<bool> missing_;                // what a decoder that ran through has left out; empty: nothing yet
  Frame decoded_;
  std::deque<Passed> passed_;
  FfmpegHandle<SwsContext> scaler_;
};

}  // namespace

std::string ffmpeg_version() { return av_version_info(); }

Result<std::unique_ptr<VideoFile>> VideoFile::open(std::unique_ptr<FileReader> file, const VideoOptions& options,
                                                   std::shared_ptr<const FrameIndex> index) {
  av_log_set_level(AV_LOG_QUIET);  // a library does not print; what goes wrong is in the results
  auto watched = std::make_unique<WatchedReader>(std::move(file));
  PRETAG_ASSIGN(Opened opened, open_video(*watched, options));
  return std::unique_ptr<VideoFile>(
      std::make_unique<FfmpegVideo>(std::move(watched), options, std::move(opened), std::move(index)));
}

}  // namespace pretag
