// Any bytes at all must give frames of the size they claim, or an error with a reason; the same frame each time.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "pretag/video/video_file.h"

namespace {

constexpr int64_t kMaxPixels = 100'000;

void check(const pretag::Error& error) {
  const bool one_line = error.message.find('\n') == std::string::npos;
  if (error.message.empty() || !one_line || error.code == pretag::ErrorCode::kInternal) std::abort();
}

void look_at(pretag::VideoFile& video, int64_t index) {
  const auto frame = video.frame(index);
  if (!frame) return check(frame.error());
  const auto pixels = static_cast<size_t>(frame->width) * static_cast<size_t>(frame->height);
  if (pixels == 0 || frame->rgb.size() != 3 * pixels) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  const auto video = pretag::VideoFile::open(pretag::memory_reader({bytes, bytes + size}), {.max_pixels = kMaxPixels});
  if (!video) {
    check(video.error());
  } else if (const auto count = (*video)->count_frames(); !count) {
    check(count.error());
  } else {
    constexpr int64_t kMostFrames = 8;
    for (int64_t i = 0; i < std::min(*count, kMostFrames); ++i) look_at(**video, i);
    for (const int64_t index : {*count - 1, *count / 2, *count, int64_t{-1}}) look_at(**video, index);
  }
  return 0;
}
