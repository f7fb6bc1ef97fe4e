#include "pretag/server/http_target.h"

#include <algorithm>
#include <utility>

#include "pretag/util/percent.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr size_t kMaxSegments = 64;
constexpr size_t kMaxParameters = 1000;

Result<std::string> decoded_text(std::string_view text, bool plus_is_space) {
  auto decoded = percent_decode(text, plus_is_space);
  if (!decoded) return Error{ErrorCode::kInvalidArgument, "the address has a broken %-escape"};
  if (decoded->find('\0') != std::string::npos || !is_valid_utf8(*decoded)) {
    return Error{ErrorCode::kInvalidArgument, "the address is not UTF-8"};
  }
  return *std::move(decoded);
}

Status parse_query(std::string_view text, HttpTarget& target) {
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    if (part.empty()) continue;
    if (target.query.size() == kMaxParameters) return Error{ErrorCode::kInvalidArgument, "too many query parameters"};
    const size_t equals = std::min(part.find('='), part.size());
    PRETAG_ASSIGN(std::string key, decoded_text(part.substr(0, equals), true));
    PRETAG_ASSIGN(std::string value, decoded_text(part.substr(std::min(part.size(), equals + 1)), true));
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
    PRETAG_ASSIGN(std::string decoded, decoded_text(segment, false));
    target.segments.push_back(std::move(decoded));
  }
  PRETAG_TRY(parse_query(text.substr(std::min(text.size(), question + 1)), target));
  return target;
}

}  // namespace pretag
