// A bucket as folders and files.
#pragma once

#include <memory>

#include "pretag/bucket/bucket_client.h"
#include "pretag/io/file_system.h"

namespace pretag {

// Of the paths that begin with the scheme that the client is for: s3://, gs:// or az://.
//  - A folder is there as long as something is in it, and making one does nothing.
//  - What lies in a folder without a name ("a//b") is not listed; the folder is, with the problem.
//  - Writing replaces a file as a whole, since that is what happens to an object; it is held in memory before.
//  - Device and inode are made from the path.
// Errors are those of BucketClient and name the path. exists() is false where that cannot be found out.
std::unique_ptr<FileSystem> bucket_file_system(std::unique_ptr<BucketClient> client);

}  // namespace pretag
