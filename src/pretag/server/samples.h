// What every part of the API knows of samples. For this layer.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

#include "pretag/server/bitmask.h"
#include "pretag/server/records.h"

namespace pretag {

// How many samples the dataset has. They are never removed one by one, so that bits keep their meaning.
int64_t sample_count(const Record& dataset);

// The mask of all of them.
Bitmask all_samples(const Record& dataset);

// SampleData.
nlohmann::json sample_data(const Record& sample);

}  // namespace pretag
