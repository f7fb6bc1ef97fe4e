// The dataset of the server that holds the crops of a dataset of images.
#pragma once

#include <optional>
#include <string>

#include "pretag/util/result.h"
#include "pretag/worker/api_client.h"

namespace pretag {

inline constexpr char kCropsType[] = "Crops";  // DatasetRecord::type of a dataset of crops

// What it is called: as object_level.crop_dataset_name says, or, where that is empty, as the images' with "-crops".
// kInvalidArgument for a name that the API does not take.
Result<std::string> crops_dataset_name(const std::string& wanted, const DatasetRecord& images);

// Its id; nothing where there is none yet. kInvalidArgument where the dataset of this name is another one.
Result<std::optional<std::string>> find_crops_dataset(const ApiClient& api, const std::string& name,
                                                      const std::string& images_id);

// The same, and makes it where there is none. Of several jobs at a time one makes it.
Result<std::string> find_or_create_crops_dataset(const ApiClient& api, const std::string& name,
                                                 const std::string& images_id);

// Why there is no job on a dataset of crops, and where it belongs.
Error no_job_on_crops(const ApiClient& api, const DatasetRecord& crops);

}  // namespace pretag
