// Percent-encoding of parts of addresses (RFC 3986, section 2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pretag {

// Letters, digits and -._~ stay as they are, and '/' if so asked; every other byte becomes %XX, in capitals.
std::string percent_encode(std::string_view text, bool keep_slashes = false);

// Nothing for a '%' without two hexadecimal digits behind it. '+' is a space in the queries of forms alone.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

}  // namespace pretag
