// Times as services write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace pretag {

// Unix seconds of "2026-11-29T12:34:56Z" or "…+02:00" (ISO 8601 with a zone), also with a fraction of a second, which
// is dropped. Nothing for any other text.
std::optional<int64_t> parse_iso_time(const std::string& text);

// Unix seconds of "Sun, 29 Nov 2026 12:34:56 GMT" (RFC 9110, section 5.6.7), in English whatever the locale is.
std::optional<int64_t> parse_http_time(const std::string& text);

}  // namespace pretag
