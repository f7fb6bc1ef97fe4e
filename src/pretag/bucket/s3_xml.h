// What S3 answers in XML. Private to bucket/.
#pragma once

#include <string>
#include <string_view>

#include "pretag/bucket/bucket_dialect.h"
#include "pretag/util/result.h"

namespace pretag {

// A page of ListObjectsV2. https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
Result<BucketListing> parse_s3_listing(std::string_view xml);

// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
// Google's and Azure's services have the same form.
struct BucketError {
  std::string code;     // "NoSuchKey"; empty where the body holds no error
  std::string message;  // for people, one line
  std::string region;   // that the bucket is in, if another one was asked
};

BucketError parse_bucket_error(std::string_view xml);

}  // namespace pretag
