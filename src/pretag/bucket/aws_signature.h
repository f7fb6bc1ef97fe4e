// Signed addresses for S3 and whatever else speaks its protocol.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "pretag/bucket/v4_signature.h"

namespace pretag {

struct AwsCredentials {
  std::string access_key_id, secret_access_key;
  std::string session_token = {};  // of temporary credentials
  int64_t expires = INT64_MAX;     // unix seconds
};

struct SigningScope {
  std::string region;
  int64_t now = 0;              // unix seconds
  int64_t valid_seconds = 900;  // at most a week, and no longer than temporary credentials are
  std::string method = "GET";
  std::string service = "s3";
  std::string payload = kAnyPayload;                              // as V4Signing::payload
  std::vector<std::pair<std::string, std::string>> headers = {};  // as V4Signing::headers
};

std::string presigned_url(const BucketAddress& address, const AwsCredentials& credentials, const SigningScope& scope);

}  // namespace pretag
