// Signed addresses for S3 and whatever else speaks its protocol: Signature Version 4, in the query.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace pretag {

struct AwsCredentials {
  std::string access_key_id, secret_access_key;
  std::string session_token = {};  // of temporary credentials
  int64_t expires = INT64_MAX;     // unix seconds
};

struct BucketAddress {
  std::string scheme_and_host;  // "https://bucket.s3.eu-central-1.amazonaws.com", with a port where there is one
  std::string path;             // percent-encoded, with its first '/'
  std::vector<std::pair<std::string, std::string>> query = {};  // not encoded

  // Without a signature.
  std::string url() const;
};

struct SigningScope {
  std::string region;
  int64_t now = 0;              // unix seconds
  int64_t valid_seconds = 900;  // at most a week, and no longer than temporary credentials are
  std::string method = "GET";
};

// The address with a signature. Of the header fields only the host is signed, so that any range may be asked for, and
// any content be put. It holds no secret but grants what the method does.
std::string presigned_url(const BucketAddress& address, const AwsCredentials& credentials, const SigningScope& scope);

}  // namespace pretag
