// Datasets of crops: objects that were cut out of the images of another dataset, each a sample. For this layer.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "pretag/server/call.h"

namespace pretag {

bool holds_crops(const Record& dataset);
// It also names the dataset that they were cut from, and so has no data source of its own: workers leave the pictures
// in the LIGHTLY one of that dataset, in the folder below kCropsFolder that has the id of the dataset of crops.
bool is_cut_from_another(const Record& dataset);
inline constexpr char kCropsFolder[] = ".lightly/crops/";

// The dataset that the crops were cut from. None where it is gone, and where this user may not see it: whoever is shown
// crops must not get at other files by that.
Reply<std::optional<Record>> parent_of_crops(const Call& call, const Record& dataset);

// What is told of the object that a sample shows (cropData); without further keys, which clients refuse to read.
Reply<nlohmann::json> checked_crop_data(const nlohmann::json& given);
// That of a sample; none where it is no crop.
std::optional<nlohmann::json> crop_data_of(const Record& sample);

// Crops are listed by class and score as images are by what was found in them (predicted_classes.h), in one set for
// each task, "crops:/<task>": a dataset grows with every run, and its crops are to be found together whichever run told
// of them. Predictions have no such time, so that the two never meet. The names of the classes are those of the newest
// run of the task; a crop of an older run in which the same number meant another class goes by the newer name until it
// is told of again. That is rare: a task keeps its classes, and what has others mostly has another name.
inline constexpr std::string_view kTimeOfCrops = "crops:";
inline constexpr std::string_view kSetsOfCrops = "crops:/";
std::string set_of_crop(const nlohmann::json& crop_data);
// "<timestamp>/<task>": the predictions that the crop is of.
std::string predictions_of_crop(const nlohmann::json& crop_data);
// `before`: what crop_data_of said until now.
Status put_class_of_crop(SqlConnection& sql, const Record& sample, const std::optional<nlohmann::json>& before);

}  // namespace pretag
