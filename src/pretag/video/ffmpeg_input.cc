#include "pretag/video/ffmpeg_input.h"

#include <cstdio>

namespace pretag {

FfmpegInput::FfmpegInput(FileReader& file) : file_(file) {
  constexpr int kBufferBytes = 64 << 10;
  auto* buffer = static_cast<unsigned char*>(av_malloc(kBufferBytes));
  if (buffer == nullptr) return;
  context_ = avio_alloc_context(buffer, kBufferBytes, 0, this, &FfmpegInput::read, nullptr, &FfmpegInput::seek);
  if (context_ == nullptr) av_free(buffer);
}

FfmpegInput::~FfmpegInput() {
  if (context_ != nullptr) av_freep(static_cast<void*>(&context_->buffer));  // FFmpeg may have made another one
  avio_context_free(&context_);
}

int FfmpegInput::read(void* self, uint8_t* buffer, int size) {
  auto& input = *static_cast<FfmpegInput*>(self);
  const auto count =
      input.file_.read(input.position_, {reinterpret_cast<std::byte*>(buffer), static_cast<size_t>(size)});
  if (!count) return AVERROR(EIO);
  input.position_ += *count;
  return *count == 0 ? AVERROR_EOF : static_cast<int>(*count);
}

int64_t FfmpegInput::seek(void* self, int64_t offset, int whence) {
  auto& input = *static_cast<FfmpegInput*>(self);
  const auto size = static_cast<int64_t>(input.file_.size());
  if (whence == AVSEEK_SIZE) return size;
  whence &= ~AVSEEK_FORCE;
  if (whence == SEEK_CUR) offset += static_cast<int64_t>(input.position_);
  if (whence == SEEK_END) offset += size;
  if (offset < 0) return AVERROR(EINVAL);
  input.position_ = static_cast<uint64_t>(offset);
  return offset;
}

}  // namespace pretag
