// What the frames of videos are called: the Lightly Worker's names.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pretag {

struct FrameName {
  std::string video;  // the key of the video's file
  int64_t index = 0;  // from 0
};

// In lower case: mp4, avi, mov …
std::span<const std::string_view> video_extensions();
// By the file's extension, in any case.
bool is_video_name(std::string_view key);

// "sub/video_1-099-mp4.png" for frame 99 of the 200 of sub/video_1.mp4: as many digits as the number of frames has.
std::string frame_name(std::string_view video, int64_t index, int64_t frames);
// What all names of a video's frames begin with: "sub/video_1-".
std::string frame_name_prefix(std::string_view video);

// The other way round; nothing for a name that is not made so. Any number of digits up to 18 will do.
std::optional<FrameName> parse_frame_name(std::string_view key);

}  // namespace pretag
