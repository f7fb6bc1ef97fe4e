// In what the services of buckets differ, besides who signs: how a listing is asked for and answered.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pretag/util/result.h"

namespace pretag {

struct BucketListRequest {
  std::string prefix = {};
  std::string delimiter = {};  // "/": what is deeper is one prefix each
  std::string from = {};       // BucketListing::next of the page before
  int most = 1000;
};

struct BucketObject {
  std::string key;
  uint64_t bytes = 0;
  int64_t modified = 0;  // unix seconds; 0: not told
};

// One page.
struct BucketListing {
  std::vector<BucketObject> objects;
  std::vector<std::string> prefixes;  // of "folders", with the delimiter at their end
  std::string next;                   // where to go on; empty: this was the last page
};

struct BucketDialect {
  std::vector<std::pair<std::string, std::string>> (*listing_query)(const BucketListRequest& request);  // not encoded
  // kCorrupt for anything but a listing, or for one that goes on without saying where.
  Result<BucketListing> (*parse_listing)(std::string_view xml);
  std::vector<std::string> put_headers = {};  // "Name: value", of what is written
};

// ListObjectsV2, also as Google's XML API has it.
const BucketDialect& s3_dialect();
// List Blobs.
const BucketDialect& azure_dialect();
// Of addresses with this scheme.
const BucketDialect& dialect_of(std::string_view scheme);

}  // namespace pretag
