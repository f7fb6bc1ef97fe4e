// The one thing that Pretag reads of EXIF: which way up the picture is.
#pragma once

#include <cstddef>
#include <span>

namespace pretag {

// `block` is a TIFF structure as in JPEG's APP1, PNG's eXIf and WebP's EXIF chunk, with or without "Exif\0\0" in front.
// 1 to 8 as in EXIF 2.32, section 4.6.4 (tag 0x0112); 1, upright, when it is absent, impossible or damaged: a picture
// is not refused for bad metadata.
int exif_orientation(std::span<const std::byte> block);

}  // namespace pretag
