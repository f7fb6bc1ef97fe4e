// Videos to test with, made with FFmpeg's encoders. All throw std::runtime_error when FFmpeg refuses.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pretag/image/image.h"

namespace pretag {

struct VideoKind {
  std::string codec = "mpeg4";  // FFmpeg's name of the encoder
  int b_frames = 0;             // between two others, stored after what they lie between
  int key_interval = 12;        // frames
  int frames_a_second = 10;
  int quarter_turns = 0;   // clockwise, that a player is to make
  int64_t first_time = 0;  // that of the file for the first one, in units of the container
};

// The container is by the path's extension. All frames have the size of the first.
void write_video(const std::string& path, const std::vector<Image>& frames, const VideoKind& kind = {});

// Frames that tell their numbers, 0 to 65,535, however they are compressed: sixteen bars, white for a 1, the highest
// bit first.
Image make_numbered_frame(int number, int width = 256, int height = 64);
int number_of_frame(const Image& frame);
std::vector<Image> make_numbered_frames(int count);

}  // namespace pretag
