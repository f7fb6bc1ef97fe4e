// What is signed of a request to a bucket: Signature Version 4, in the query. Amazon's and Google's stores differ in
// names and in who signs how. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
// https://cloud.google.com/storage/docs/authentication/canonical-requests
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace pretag {

struct BucketAddress {
  std::string scheme_and_host;  // "https://bucket.s3.eu-central-1.amazonaws.com", with a port where there is one
  std::string path;             // percent-encoded, with its first '/'
  std::vector<std::pair<std::string, std::string>> query = {};  // not encoded

  // Without a signature.
  std::string url() const;
};

inline constexpr char kAnyPayload[] = "UNSIGNED-PAYLOAD";  // buckets alone know this
inline constexpr char kNoPayload[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

struct V4Signing {
  std::string algorithm;  // "AWS4-HMAC-SHA256"
  std::string parameter;  // what the names of the query's parameters begin with: "X-Amz-"
  std::string signer;     // the id of the key
  std::string place;      // "eu-central-1/s3/aws4_request"
  int64_t now = 0;        // unix seconds
  int64_t valid_seconds = 900;
  std::string method = "GET";
  std::string payload = kAnyPayload;                              // SHA-256 of what is sent, or that it may be anything
  std::vector<std::pair<std::string, std::string>> further = {};  // parameters
  // Header fields besides the host that the request must come with, as they are; names in lower case, in their order.
  std::vector<std::pair<std::string, std::string>> headers = {};
};

struct V4Unsigned {
  std::string day;   // "20130524"
  std::string text;  // to be signed
  std::string url;   // to which "<parameter>Signature=<hex>" is added

  // The address with a signature. Of the header fields only the host and those that are given are signed, so that any
  // range may be asked for, and any content be put. It holds no secret but grants what the method does.
  std::string signed_url(const std::string& signature_bytes) const;
  std::string parameter;
};

V4Unsigned to_be_signed(const BucketAddress& address, const V4Signing& signing);

}  // namespace pretag
