// HMAC with SHA-256 (RFC 2104), by OpenSSL, and the encoding that keys and signatures have.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pretag {

// 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view text);

std::string base64_encode(std::string_view bytes);
// Nothing for what is none.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace pretag
