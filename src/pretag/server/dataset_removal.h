// Deletes a dataset without keeping everybody else from writing: it may have millions of rows, and nobody else writes
// while a transaction lasts. Nor without the connections that they need: it has one for some rows at a time only. For
// this layer.
#pragma once

#include <string>

#include "pretag/server/call.h"
#include "pretag/server/records.h"

namespace pretag {

// Within a transaction of the caller's, from whose end on the dataset is nobody's, and so unknown to every request.
Status disown_dataset(const Call& call, const Record& dataset);

// Removes what is left of datasets that are nobody's, some rows at a time, and their files: of `first`, then of earlier
// ones. Returns after a minute at the latest, as clients do not wait for ever; what is left then, or cannot be removed,
// or was left by a server that was killed, is for the next call. Returns at once while another thread is at it, which
// goes on with this one, too. The caller must have no connection.
Status remove_disowned_datasets(ServerContext& server, const std::string& first);

}  // namespace pretag
