// An object of a bucket, read in parts.
#pragma once

#include <memory>

#include "pretag/bucket/bucket_client.h"
#include "pretag/io/file_reader.h"

namespace pretag {

// Fetches blocks of two megabytes and keeps the four that were used last. `client` must outlive it. Errors are those of
// BucketClient::get_part(); kCorrupt where the object is no longer as long as it was.
Result<std::unique_ptr<FileReader>> open_bucket_object(const BucketClient& client, BucketUrl object);

}  // namespace pretag
