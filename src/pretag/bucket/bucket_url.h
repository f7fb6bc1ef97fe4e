// s3://bucket/key, gs://bucket/key, az://container/key
#pragma once

#include <string>
#include <string_view>

#include "pretag/util/result.h"

namespace pretag {

// Whose bucket it is: S3's, or of what speaks its protocol; Google's; or a container of Azure's blob service.
inline constexpr char kS3Scheme[] = "s3", kGoogleScheme[] = "gs", kAzureScheme[] = "az";

struct BucketUrl {
  std::string bucket;
  std::string key;  // without a '/' at its end; empty: the whole bucket
  std::string scheme = kS3Scheme;

  // What the keys of its objects begin with, if it is a folder.
  std::string prefix() const { return key.empty() ? "" : key + "/"; }
  std::string text() const { return scheme + "://" + bucket + (key.empty() ? "" : "/" + key); }
};

// The address of "container/folder", as Azure's data sources have it, with or without the scheme.
std::string azure_address(const std::string& path);

bool is_bucket_url(std::string_view text);

// kInvalidArgument for what is no such address, or has no name of a bucket.
Result<BucketUrl> parse_bucket_url(std::string_view text);

}  // namespace pretag
