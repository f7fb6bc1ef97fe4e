#include "pretag/bucket/bucket_dialect.h"

#include "pretag/bucket/azure_xml.h"
#include "pretag/bucket/bucket_url.h"
#include "pretag/bucket/s3_xml.h"

namespace pretag {
namespace {

using Query = std::vector<std::pair<std::string, std::string>>;

Query s3_listing(const BucketListRequest& request) {
  Query query = {{"list-type", "2"},
                 {"encoding-type", "url"},
                 {"prefix", request.prefix},
                 {"max-keys", std::to_string(request.most)}};
  if (!request.delimiter.empty()) query.emplace_back("delimiter", request.delimiter);
  if (!request.from.empty()) query.emplace_back("continuation-token", request.from);
  return query;
}

Query azure_listing(const BucketListRequest& request) {
  Query query = {{"restype", "container"},
                 {"comp", "list"},
                 {"prefix", request.prefix},
                 {"maxresults", std::to_string(request.most)}};
  if (!request.delimiter.empty()) query.emplace_back("delimiter", request.delimiter);
  if (!request.from.empty()) query.emplace_back("marker", request.from);
  return query;
}

}  // namespace

const BucketDialect& s3_dialect() {
  static const BucketDialect dialect{.listing_query = s3_listing, .parse_listing = parse_s3_listing};
  return dialect;
}

const BucketDialect& azure_dialect() {
  static const BucketDialect dialect{.listing_query = azure_listing,
                                     .parse_listing = parse_azure_listing,
                                     .put_headers = {"x-ms-blob-type: BlockBlob"}};
  return dialect;
}

const BucketDialect& dialect_of(std::string_view scheme) {
  return scheme == kAzureScheme ? azure_dialect() : s3_dialect();
}

}  // namespace pretag
