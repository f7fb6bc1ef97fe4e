// Columns of what is known of the images besides what they show: measures of their pixels and metadata files.
#pragma once

#include <memory>

#include "pretag/run/selection_table.h"

namespace pretag {

// kInvalidArgument for a key that does not exist, with those that do, and for numbers where the strategy needs
// categories or the other way round. Categories of images that are known by their embedding alone, of an earlier
// selection, are none at all.
Result<std::unique_ptr<SelectionColumn>> make_metadata_column(const SelectionEntry& entry,
                                                              const SelectionSources& sources);

}  // namespace pretag
