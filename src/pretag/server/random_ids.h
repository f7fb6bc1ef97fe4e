// Names that nobody can guess. From OpenSSL's random generator.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pretag {

// `bytes` random bytes as twice as many lower-case hex digits.
std::string random_hex(size_t bytes);
// 24 lower-case hex digits: the form that the platform's clients insist on.
std::string new_id();
bool is_id(std::string_view text);

}  // namespace pretag
