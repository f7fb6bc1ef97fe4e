#include "pretag/bucket/bucket_url.h"

#include <fmt/format.h>

#include <algorithm>

#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr std::string_view kSeparator = "://";

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

// Empty for what is no address of a bucket.
std::string_view scheme_of(std::string_view text) {
  for (const std::string_view scheme : {kS3Scheme, kGoogleScheme, kAzureScheme}) {
    if (text.starts_with(scheme) && text.substr(scheme.size()).starts_with(kSeparator)) return scheme;
  }
  return {};
}

}  // namespace

std::string azure_address(const std::string& path) {
  return is_bucket_url(path) ? path : std::string(kAzureScheme) + std::string(kSeparator) + path;
}

bool is_bucket_url(std::string_view text) { return !scheme_of(text).empty(); }

Result<BucketUrl> parse_bucket_url(std::string_view text) {
  const std::string_view scheme = scheme_of(text);
  if (scheme.empty()) {
    return Error{
        ErrorCode::kInvalidArgument,
        "an address of a bucket is s3://bucket/folder, gs://bucket/folder for Google's or az://container/folder for "
        "Azure's"};
  }
  const std::string_view rest = text.substr(scheme.size() + kSeparator.size());
  const size_t slash = std::min(rest.find('/'), rest.size());
  BucketUrl url{.bucket = std::string(rest.substr(0, slash)),
                .key = std::string(rest.substr(std::min(slash + 1, rest.size()))),
                .scheme = std::string(scheme)};
  if (!is_bucket_name(url.bucket)) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: '{}' is not the name of a bucket; an address is {}://bucket/folder", one_line(text),
                             one_line(url.bucket), scheme)};
  }
  while (url.key.ends_with('/')) url.key.pop_back();
  return url;
}

}  // namespace pretag
