#include "pretag/server/http_target.h"

#include <fmt/format.h>

#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr size_t kMaxSegments = 64;
constexpr size_t kMaxParameters = 1000;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      const int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return Error{ErrorCode::kInvalidArgument, "the address has a broken %-escape"};
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  if (decoded.find('\0') != std::string::npos || !is_valid_utf8(decoded)) {
    return Error{ErrorCode::kInvalidArgument, "the address is not UTF-8"};
  }
  return decoded;
}

Status parse_query(std::string_view text, HttpTarget& target) {
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    if (part.empty()) continue;
    if (target.query.size() == kMaxParameters) return Error{ErrorCode::kInvalidArgument, "too many query parameters"};
    const size_t equals = std::min(part.find('='), part.size());
    PRETAG_ASSIGN(std::string key, percent_decode(part.substr(0, equals), true));
    PRETAG_ASSIGN(std::string value, percent_decode(part.substr(std::min(part.size(), equals + 1)), true));
    target.query.emplace_back(std::move(key), std::move(value));
  }
  return {};
}

}  // namespace

const std::string* HttpTarget::last(std::string_view key) const {
  for (auto parameter = query.rbegin(); parameter != query.rend(); ++parameter) {
    if (parameter->first == key) return &parameter->second;
  }
  return nullptr;
}

std::vector<std::string> HttpTarget::all(std::string_view key) const {
  std::vector<std::string> values;
  for (const auto& [name, value] : query) {
    if (name == key) values.push_back(value);
  }
  return values;
}

Result<HttpTarget> parse_http_target(std::string_view text) {
  text = text.substr(0, text.find('#'));
  const size_t question = std::min(text.find('?'), text.size());
  HttpTarget target;
  target.path = std::string(text.substr(0, question));
  if (!target.path.starts_with('/')) return Error{ErrorCode::kInvalidArgument, "the address does not begin with /"};
  for (const std::string& segment : split(target.path.substr(1), '/')) {
    if (target.segments.size() == kMaxSegments) return Error{ErrorCode::kInvalidArgument, "the address is too deep"};
    PRETAG_ASSIGN(std::string decoded, percent_decode(segment, false));
    target.segments.push_back(std::move(decoded));
  }
  PRETAG_TRY(parse_query(text.substr(std::min(text.size(), question + 1)), target));
  return target;
}

std::string percent_encode(std::string_view text, bool keep_slashes) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~' || (keep_slashes && c == '/');
    if (plain) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace pretag
