// What Azure's blob service answers in XML. Private to bucket/.
#pragma once

#include <string_view>

#include "pretag/bucket/bucket_dialect.h"
#include "pretag/util/result.h"

namespace pretag {

// A page of List Blobs. https://learn.microsoft.com/rest/api/storageservices/list-blobs
Result<BucketListing> parse_azure_listing(std::string_view xml);

}  // namespace pretag
