// Visiting images of the ledger together with the small files that lie beside them: predictions, metadata.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pretag/run/read_ahead.h"
#include "pretag/store/ledger.h"
#include "pretag/util/result.h"

namespace pretag {

using VisitImage = std::function<Status(const ImageResult&)>;
using ForEachImage = std::function<Status(const VisitImage& visit)>;
// The files that a visit of an image will read.
using FilesOf = std::function<std::vector<std::string>(const std::string& filename)>;

// Visits the images of `for_each`. Where `folder`, below which the files are, is in a bucket, what `files_of` names is
// fetched before, for many images at a time.
Status for_each_with_files(const ForEachImage& for_each, const FilesOf& files_of, const std::string& folder,
                           ReadAhead& files, const VisitImage& visit);

}  // namespace pretag
