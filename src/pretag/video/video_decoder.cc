#include "pretag/video/video_decoder.h"

#include <fmt/format.h>

#include <algorithm>

namespace pretag {
namespace {

// No lists of other files: a video from outside must not make us open anything else.
constexpr char kProtocols[] = "none";
constexpr char kFormats[] =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,mxf,h264,hevc,m4v,dv,ivf,obu";
// Packets that a decoder holds back until the file has ended may all be refused.
constexpr int kMostRefused = 64;

Error damaged(int code) {
  return {ErrorCode::kCorrupt, fmt::format("cannot be read as a video: {}", ffmpeg_words(code))};
}

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

Result<FfmpegHandle<AVCodecContext>> open_codec(const AVStream& stream, const VideoOptions& options) {
  const AVCodecParameters& parameters = *stream.codecpar;
  const AVCodec* decoder = avcodec_find_decoder(parameters.codec_id);
  if (decoder == nullptr) {
    return Error{ErrorCode::kUnsupported, fmt::format("there is no decoder for its codec, {}; convert it to H.264",
                                                      avcodec_get_name(parameters.codec_id))};
  }
  FfmpegHandle<AVCodecContext> codec(avcodec_alloc_context3(decoder));
  if (!codec) return Error{ErrorCode::kInternal, "out of memory"};
  if (const int code = avcodec_parameters_to_context(codec.get(), &parameters); code < 0) return damaged(code);
  codec->pkt_timebase = stream.time_base;
  codec->thread_count = 1;  // with more, FFmpeg 5 does not tell which frames are damaged
  codec->max_pixels = options.max_pixels;
  if (const int code = avcodec_open2(codec.get(), decoder, nullptr); code < 0) return damaged(code);
  return codec;
}

}  // namespace

Result<VideoDecoder> VideoDecoder::open(WatchedReader& file, const VideoOptions& options) {
  VideoDecoder opened;
  opened.input_ = std::make_unique<FfmpegInput>(file);
  PRETAG_ASSIGN(opened.format_, open_format(*opened.input_));
  opened.stream_ = first_pictures(*opened.format_);
  if (opened.stream_ == nullptr) return Error{ErrorCode::kCorrupt, "holds no stream of pictures"};
  const AVCodecParameters& parameters = *opened.stream_->codecpar;
  if (parameters.width > 0 && parameters.height > 0 &&
      int64_t{parameters.width} * parameters.height > options.max_pixels) {
    return Error{ErrorCode::kUnsupported, fmt::format("its frames have {} x {} pixels, more than the limit of {}",
                                                      parameters.width, parameters.height, options.max_pixels)};
  }
  PRETAG_ASSIGN(opened.codec_, open_codec(*opened.stream_, options));
  opened.packet_.reset(av_packet_alloc());
  if (!opened.packet_) return Error{ErrorCode::kInternal, "out of memory"};
  return opened;
}

Result<FfmpegHandle<AVFrame>> VideoDecoder::next() {
  FfmpegHandle<AVFrame> frame(av_frame_alloc());
  if (!frame) return Error{ErrorCode::kInternal, "out of memory"};
  for (int refused = 0; refused < kMostRefused;) {
    const int code = avcodec_receive_frame(codec_.get(), frame.get());
    if (code == 0) return frame;
    if (code == AVERROR_EOF) break;
    has_refused_ = has_refused_ || code != AVERROR(EAGAIN);
    if (has_ended_) ++refused;  // one of the last packets; there may be others behind it
    if (!has_ended_) feed();
  }
  return FfmpegHandle<AVFrame>();
}

// One packet, or at the end of the file the word that there are no more.
void VideoDecoder::feed() {
  has_ended_ = !has_packet_ && !read_packet();
  has_packet_ = false;
  if (avcodec_send_packet(codec_.get(), has_ended_ ? nullptr : packet_.get()) < 0) has_refused_ = true;
}

// The next one of the stream; false at the end.
bool VideoDecoder::read_packet() {
  do {
    av_packet_unref(packet_.get());
    if (av_read_frame(format_.get(), packet_.get()) < 0) return false;
    // To a decoder an empty packet is the end; in a file it stands for a frame that is shown longer.
  } while (packet_->stream_index != stream_->index || packet_->size == 0);
  return true;
}

bool VideoDecoder::jump_to(const KeyFrame& key_frame) {
  if (av_seek_frame(format_.get(), stream_->index, key_frame.dts, AVSEEK_FLAG_BACKWARD) < 0) return false;
  avcodec_flush_buffers(codec_.get());
  has_ended_ = false;
  for (has_packet_ = read_packet(); has_packet_ && packet_->pts != key_frame.pts; has_packet_ = read_packet()) {
    if (packet_->dts > key_frame.dts) return false;
  }
  if (!has_packet_) return false;
  return packet_->pos == key_frame.position || std::min(packet_->pos, key_frame.position) < 0;
}

bool is_damaged(const AVFrame& frame) {
  return frame.decode_error_flags != 0 || (frame.flags & AV_FRAME_FLAG_CORRUPT) != 0;
}

}  // namespace pretag
