// The pretagging dump as an export and an import. formats/pretagging_dump.h has the format.
#pragma once

#include "pretag/formats/dataset.h"

namespace pretag {

Result<Notes> write_dump(const DatasetView& dataset, const ExportTarget& target);

// Needs the images' sizes: a dump does not tell them.
Result<Dataset> read_dump(const ImportSource& source);

}  // namespace pretag
