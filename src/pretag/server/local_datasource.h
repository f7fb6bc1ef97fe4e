// LOCAL data sources: folders below the mounts, which the server can look into only where it was told of them. For this
// layer.
#pragma once

#include <string>
#include <string_view>

#include "pretag/server/call.h"

namespace pretag {

// The dataset's data source for a purpose (INPUT_OUTPUT serves every purpose); an empty one: that of the input.
// 404 DATASET_DATASOURCE_UNKNOWN.
Reply<Record> datasource_of(const Call& call, std::string_view purpose);

// The same for handlers that look at files and so have no database (Route::Body::kStreamed): a folder may be slow, and
// must not keep a connection from others.
Reply<Record> look_up_datasource(const Call& call, std::string_view purpose);

// The folder on this machine, which is where the worker has it: a LIGHTLY data source is below the lightly mount, all
// others are below the input mount. 400 where it is of another type, or the server does not know the mount.
Reply<std::string> local_folder(const Call& call, const Record& datasource);
// Where the file server of the worker offers the file. 400 for names that leave the folder, and for other types.
Reply<std::string> local_url(const Record& datasource, const std::string& file);

}  // namespace pretag
