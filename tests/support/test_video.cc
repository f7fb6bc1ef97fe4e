#include "support/test_video.h"

#include <fmt/format.h>

#include <stdexcept>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libswscale/swscale.h>
}

namespace pretag {
namespace {

constexpr int kBits = 16;

int check(int code, const char* what) {
  if (code < 0) throw std::runtime_error(fmt::format("{}: {}", what, code));
  return code;
}

template <class T>
T* check(T* pointer, const char* what) {
  if (pointer == nullptr) throw std::runtime_error(what);
  return pointer;
}

// Everything that is open while a video is written.
class Writer {
 public:
  Writer(const std::string& path, int width, int height, const VideoKind& kind) : first_time_(kind.first_time) {
    check(avformat_alloc_output_context2(&format_, nullptr, nullptr, path.c_str()), "container");
    const AVCodec* encoder = check(avcodec_find_encoder_by_name(kind.codec.c_str()), "encoder");
    codec_ = check(avcodec_alloc_context3(encoder), "codec");
    codec_->width = width;
    codec_->height = height;
    codec_->pix_fmt = kind.codec == "mjpeg" ? AV_PIX_FMT_YUVJ420P : AV_PIX_FMT_YUV420P;
    codec_->time_base = {1, kind.frames_a_second};
    codec_->framerate = {kind.frames_a_second, 1};
    codec_->gop_size = kind.key_interval;
    codec_->max_b_frames = kind.b_frames;
    codec_->bit_rate = 2'000'000;
    codec_->thread_count = 1;
    if ((format_->oformat->flags & AVFMT_GLOBALHEADER) != 0) codec_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    check(avcodec_open2(codec_, encoder, nullptr), "opening the encoder");
    stream_ = check(avformat_new_stream(format_, nullptr), "stream");
    stream_->time_base = codec_->time_base;
    check(avcodec_parameters_from_context(stream_->codecpar, codec_), "parameters");
    if (kind.quarter_turns != 0) {
      uint8_t* matrix = av_stream_new_side_data(stream_, AV_PKT_DATA_DISPLAYMATRIX, 9 * sizeof(int32_t));
      av_display_rotation_set(reinterpret_cast<int32_t*>(check(matrix, "matrix")), 90.0 * kind.quarter_turns);
    }
    check(avio_open(&format_->pb, path.c_str(), AVIO_FLAG_WRITE), "opening the file");
    check(avformat_write_header(format_, nullptr), "header");
    packet_ = check(av_packet_alloc(), "packet");
    frame_ = check(av_frame_alloc(), "frame");
    frame_->format = codec_->pix_fmt;
    frame_->width = width;
    frame_->height = height;
    check(av_frame_get_buffer(frame_, 0), "pixels");
    scaler_ = check(sws_getContext(width, height, AV_PIX_FMT_RGB24, width, height, codec_->pix_fmt, SWS_BILINEAR,
                                   nullptr, nullptr, nullptr),
                    "scaler");
  }

  ~Writer() {
    sws_freeContext(scaler_);
    av_frame_free(&frame_);
    av_packet_free(&packet_);
    avcodec_free_context(&codec_);
    if (format_->pb != nullptr) avio_closep(&format_->pb);
    avformat_free_context(format_);
  }

  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void add(const Image& image, int64_t pts) {
    check(av_frame_make_writable(frame_), "pixels");
    const uint8_t* const planes[1] = {image.rgb.data()};
    const int strides[1] = {image.width * 3};
    sws_scale(scaler_, planes, strides, 0, image.height, frame_->data, frame_->linesize);
    frame_->pts = pts;
    encode(frame_);
  }

  void finish() {
    encode(nullptr);
    check(av_write_trailer(format_), "trailer");
  }

 private:
  void encode(const AVFrame* frame) {
    check(avcodec_send_frame(codec_, frame), "encoding");
    while (true) {
      const int code = avcodec_receive_packet(codec_, packet_);
      if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
      check(code, "encoding");
      if (packet_->duration == 0) packet_->duration = 1;
      av_packet_rescale_ts(packet_, codec_->time_base, stream_->time_base);
      packet_->pts += first_time_;
      packet_->dts += first_time_;
      packet_->stream_index = stream_->index;
      check(av_interleaved_write_frame(format_, packet_), "writing");
    }
  }

  AVFormatContext* format_ = nullptr;
  AVCodecContext* codec_ = nullptr;
  AVStream* stream_ = nullptr;  // of format_
  AVPacket* packet_ = nullptr;
  AVFrame* frame_ = nullptr;
  SwsContext* scaler_ = nullptr;
  const int64_t first_time_;
};

}  // namespace

void write_video(const std::string& path, const std::vector<Image>& frames, const VideoKind& kind) {
  av_log_set_level(AV_LOG_QUIET);
  Writer writer(path, frames.at(0).width, frames[0].height, kind);
  for (size_t i = 0; i < frames.size(); ++i) writer.add(frames[i], static_cast<int64_t>(i));
  writer.finish();
}

Image make_numbered_frame(int number, int width, int height) {
  Image frame{.width = width, .height = height, .rgb = {}};
  frame.rgb.resize(static_cast<size_t>(width) * static_cast<size_t>(height) * 3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int bar = x * kBits / width;
      const auto value = static_cast<uint8_t>(((number >> (kBits - 1 - bar)) & 1) != 0 ? 235 : 20);
      for (int channel = 0; channel < 3; ++channel) frame.row(y)[3 * x + channel] = value;
    }
  }
  return frame;
}

int number_of_frame(const Image& frame) {
  int number = 0;
  for (int bar = 0; bar < kBits; ++bar) {
    const int x = (2 * bar + 1) * frame.width / (2 * kBits);
    number = 2 * number + (frame.row(frame.height / 2)[3 * x] > 127 ? 1 : 0);
  }
  return number;
}

std::vector<Image> make_numbered_frames(int count) {
  std::vector<Image> frames;
  for (int i = 0; i < count; ++i) frames.push_back(make_numbered_frame(i));
  return frames;
}

}  // namespace pretag
