// A fingerprint of the pixels, to find exact duplicates whatever their file names and formats.
#pragma once

#include <string>

#include "pretag/image/image.h"

namespace pretag {

// XXH3 with 128 bits over width, height and pixels, as 32 hexadecimal digits in XXH3's canonical (big-endian) order.
// The same on every machine. Not meant against forgery. Thread-safe.
std::string content_hash(const Image& image);

}  // namespace pretag
