// s3://bucket/key
#pragma once

#include <string>
#include <string_view>

#include "pretag/util/result.h"

namespace pretag {

struct S3Url {
  std::string bucket;
  std::string key;  // without a '/' at its end; empty: the whole bucket

  // What the keys of its objects begin with, if it is a folder.
  std::string prefix() const { return key.empty() ? "" : key + "/"; }
  std::string text() const { return "s3://" + bucket + (key.empty() ? "" : "/" + key); }
};

bool is_s3_url(std::string_view text);

// kInvalidArgument for what is no s3:// address, or has no name of a bucket.
Result<S3Url> parse_s3_url(std::string_view text);

}  // namespace pretag
