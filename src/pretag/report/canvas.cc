#include "pretag/report/canvas.h"

namespace pretag {

Color light_color(const Paint& paint) {
  if (const auto* color = std::get_if<Color>(&paint.color_or_tone)) return *color;
  switch (std::get<Tone>(paint.color_or_tone)) {
    case Tone::kInk:
      return {0x1c, 0x21, 0x28};
    case Tone::kMuted:
      return {0x5b, 0x65, 0x70};
    case Tone::kGrid:
      return {0xdd, 0xe1, 0xe6};
    case Tone::kPanel:
      return {0xff, 0xff, 0xff};
    case Tone::kAccent:
      return {0x2f, 0x5d, 0x8a};
    case Tone::kAccentSoft:
      return {0xb4, 0xc6, 0xd8};
  }
  return {};
}

}  // namespace pretag
