// What S3 answers in XML. Private to bucket/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/util/result.h"

namespace pretag {

struct S3Object {
  std::string key;
  uint64_t bytes = 0;
  int64_t modified = 0;  // unix seconds; 0: not told
};

// One page of a listing (ListObjectsV2).
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
struct S3Listing {
  std::vector<S3Object> objects;
  std::vector<std::string> prefixes;  // of "folders", with the delimiter at their end
  std::string next;                   // where to go on; empty: this was the last page
};

// kCorrupt for anything but a listing, or for one that goes on without saying where.
Result<S3Listing> parse_s3_listing(std::string_view xml);

// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
struct S3Error {
  std::string code;     // "NoSuchKey"; empty where the body holds no error
  std::string message;  // for people, one line
  std::string region;   // that the bucket is in, if another one was asked
};

S3Error parse_s3_error(std::string_view xml);

}  // namespace pretag
