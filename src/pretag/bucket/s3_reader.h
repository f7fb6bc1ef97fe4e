// An object of a bucket, read in parts.
#pragma once

#include <memory>

#include "pretag/bucket/s3_client.h"
#include "pretag/io/file_reader.h"

namespace pretag {

// Fetches blocks of two megabytes and keeps the four that were used last. `client` must outlive it. Errors are those of
// S3Client::get_part(); kCorrupt where the object is no longer as long as it was.
Result<std::unique_ptr<FileReader>> open_s3_object(const S3Client& client, BucketUrl object);

}  // namespace pretag
