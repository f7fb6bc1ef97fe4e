#include "pretag/video/ffmpeg_handles.h"

namespace pretag {

std::string ffmpeg_words(int code) {
  char words[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, words, sizeof words);
  return words;
}

}  // namespace pretag
