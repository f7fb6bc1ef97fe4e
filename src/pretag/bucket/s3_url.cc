#include "pretag/bucket/s3_url.h"

#include <fmt/format.h>

#include <algorithm>

#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr std::string_view kScheme = "s3://";

// What the name of a bucket is made of, old ones and those of other services included: it becomes part of an address.
bool is_bucket_name(std::string_view name) {
  constexpr size_t kLongest = 255;
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
  };
  return !name.empty() && name.size() <= kLongest && std::ranges::all_of(name, fits) && name.front() != '.' &&
         name.front() != '-';
}

}  // namespace

bool is_s3_url(std::string_view text) { return text.starts_with(kScheme); }

Result<S3Url> parse_s3_url(std::string_view text) {
  if (!is_s3_url(text)) return Error{ErrorCode::kInvalidArgument, "an address of S3 is s3://bucket/folder"};
  const std::string_view rest = text.substr(kScheme.size());
  const size_t slash = std::min(rest.find('/'), rest.size());
  S3Url url{std::string(rest.substr(0, slash)), std::string(rest.substr(std::min(slash + 1, rest.size())))};
  if (!is_bucket_name(url.bucket)) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: '{}' is not the name of a bucket; an address of S3 is s3://bucket/folder",
                             one_line(text), one_line(url.bucket))};
  }
  while (url.key.ends_with('/')) url.key.pop_back();
  return url;
}

}  // namespace pretag
