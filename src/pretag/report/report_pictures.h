// Opens the chosen images again and puts small pictures of them into the model.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pretag/image/image.h"
#include "pretag/report/debug_choice.h"
#include "pretag/report/rare_choice.h"
#include "pretag/report/report_model.h"
#include "pretag/util/result.h"

namespace pretag {

using LoadImage = std::function<Result<Image>(const std::string& filename)>;

// One after the other: one decoded picture is in memory at a time. An image that `load` cannot open any more is not an
// error: only drawing itself can fail.

// Those that cannot be opened are counted in debug_images_unavailable and left out.
Status add_debug_images(ReportModel& model, const std::vector<DebugChoice>& choices, const LoadImage& load);
// Those that cannot be opened are left out, and so is a class without any.
Status add_rare_classes(ReportModel& model, const std::vector<RareChoice>& choices, const LoadImage& load);
// The map of the embeddings; tiles that cannot be opened are left out.
Status add_picture_map(ReportModel& model, const LoadImage& load);
// Of the first selected objects, which `load_crop` cuts out, image by image; those that it cannot are left out.
using LoadCrop = std::function<Result<Image>(const SelectedObject& object)>;
Status add_crops(ReportModel& model, const ObjectSelection& objects, const LoadCrop& load_crop);
// A pair for each of embeddings.examples; what cannot be opened has an empty picture.
Status add_example_pairs(ReportModel& model, const LoadImage& load);

}  // namespace pretag
