// What a file looks like from its first bytes, in words for people.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace pretag {

// "a PDF", "an HTML page", "text", "nothing but zero bytes" …; "something unknown" if it resembles nothing known.
std::string describe_content(std::span<const std::byte> bytes);

}  // namespace pretag
