// Names what a file is when it is not a weight file, so that the error helps.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace pretag {

// One line for a user: what the bytes look like and what to do. For bytes that no reader of weights claimed.
std::string describe_foreign_format(std::span<const std::byte> bytes);

}  // namespace pretag
