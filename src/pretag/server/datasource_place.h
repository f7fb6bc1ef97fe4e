// Where a data source is: folders below the mounts (LOCAL), which the server can look into only where it was told of
// them, or of a bucket (S3, GCS, Azure). For this layer.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "pretag/bucket/bucket_signer.h"
#include "pretag/bucket/bucket_url.h"
#include "pretag/io/file_system.h"
#include "pretag/server/call.h"
#include "pretag/server/server_context.h"

namespace pretag {

// The dataset's data source for a purpose (INPUT_OUTPUT serves every purpose); an empty one: that of the input.
// 404 DATASET_DATASOURCE_UNKNOWN.
Reply<Record> datasource_of(const Call& call, std::string_view purpose);
// That of the dataset with this id, which the user may see.
Reply<Record> datasource_in(SqlConnection& sql, std::string_view dataset, std::string_view purpose);

// The same for handlers that look at files and so have no database (Route::Body::kStreamed): a folder may be slow, and
// must not keep a connection from others.
Reply<Record> look_up_datasource(const Call& call, std::string_view purpose);

// A folder as this server sees it.
struct DatasourceFolder {
  FileSystem* files = nullptr;  // the machine's, or that of `bucket`
  std::string path;
  std::shared_ptr<FileSystem> bucket = nullptr;
};

// A LOCAL data source is where the worker has it: a LIGHTLY one below the lightly mount, all others below the input
// mount. 400 where the server does not know the mount, or cannot read data sources of the type.
Reply<DatasourceFolder> datasource_folder(const ServerContext& server, const Record& datasource);

// Where the file can be read: at the file server of the worker (LOCAL), or by an address that is good for as long as
// the server's links are, a week at the most (buckets). 400 for names that leave the folder, and for types that cannot
// be read.
Reply<std::string> read_url(const ServerContext& server, const Record& datasource, const std::string& file);

// Of data sources of type S3 and GCS: the bucket and folder, and who signs for them, for so many seconds. 400 for other
// types.
Reply<BucketUrl> bucket_folder(const Record& datasource);
Reply<std::unique_ptr<BucketSigner>> bucket_signer(const ServerContext& server, const Record& datasource,
                                                   int64_t valid_seconds);

// An address that the signer makes. 400 where it cannot, as a role cannot be taken, say; 503 where it may in a moment.
Reply<SignedUrl> signed_address(BucketSigner& signer, const BucketRequest& request);

}  // namespace pretag
