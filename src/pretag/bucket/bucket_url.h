// s3://bucket/key, gs://bucket/key
#pragma once

#include <string>
#include <string_view>

#include "pretag/util/result.h"

namespace pretag {

// Whose bucket it is: S3's, or of what speaks its protocol, and Google's.
inline constexpr char kS3Scheme[] = "s3", kGoogleScheme[] = "gs";

struct BucketUrl {
  std::string bucket;
  std::string key;  // without a '/' at its end; empty: the whole bucket
  std::string scheme = kS3Scheme;

  // What the keys of its objects begin with, if it is a folder.
  std::string prefix() const { return key.empty() ? "" : key + "/"; }
  std::string text() const { return scheme + "://" + bucket + (key.empty() ? "" : "/" + key); }
};

bool is_bucket_url(std::string_view text);

// kInvalidArgument for what is no s3:// or gs:// address, or has no name of a bucket.
Result<BucketUrl> parse_bucket_url(std::string_view text);

}  // namespace pretag
