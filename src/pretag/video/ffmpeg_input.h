// A file as FFmpeg reads it. Private to video/.
#pragma once

#include <memory>
#include <optional>

#include "pretag/io/file_reader.h"
#include "pretag/util/result.h"
#include "pretag/video/ffmpeg_handles.h"

namespace pretag {

// Remembers why a read failed: FFmpeg takes a file that cannot be read any more for one that ends there.
class WatchedReader final : public FileReader {
 public:
  explicit WatchedReader(std::unique_ptr<FileReader> file) : file_(std::move(file)) {}
  uint64_t size() const override { return file_->size(); }
  Result<size_t> read(uint64_t offset, std::span<std::byte> into) override {
    auto count = file_->read(offset, into);
    if (!count && !error_) error_ = count.error();
    return count;
  }
  // If a read has failed since this was asked last.
  std::optional<Error> take_error() { return std::exchange(error_, std::nullopt); }

 private:
  const std::unique_ptr<FileReader> file_;
  std::optional<Error> error_;
};

// What FFmpeg calls an I/O context. Not movable: FFmpeg holds its address.
class FfmpegInput {
 public:
  // `file` must outlive it.
  explicit FfmpegInput(FileReader& file);
  ~FfmpegInput();
  FfmpegInput(const FfmpegInput&) = delete;
  FfmpegInput& operator=(const FfmpegInput&) = delete;

  AVIOContext* context() const { return context_; }  // null where there is no memory for it

 private:
  static int read(void* self, uint8_t* buffer, int size);
  static int64_t seek(void* self, int64_t offset, int whence);

  FileReader& file_;
  uint64_t position_ = 0;
  AVIOContext* context_ = nullptr;
};

}  // namespace pretag
