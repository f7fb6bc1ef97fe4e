// The samples of a dataset, in the order of their bits. For this layer.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "pretag/server/bitmask.h"
#include "pretag/server/call.h"

namespace pretag {

// How many samples the dataset has. They are never removed one by one, so that bits keep their meaning.
int64_t sample_count(const Record& dataset);

struct SampleName {
  std::string_view id, file;  // good until the visitor returns
};
// Those of the mask, in order, without reading their documents; `page` counts within the mask.
Status visit_sample_names(const Call& call, const Record& dataset, const Bitmask& mask, const Page& page,
                          const std::function<Status(const SampleName&)>& take);
// The mask of all of them.
Bitmask all_samples(const Record& dataset);

// SampleData.
nlohmann::json sample_data(const Record& sample);
// Links for the image of a sample: what was uploaded, else the LOCAL data source's; empty where there is neither.
std::string sample_read_url(const Call& call, const Record& dataset, const SampleName& sample,
                            const std::optional<Record>& datasource);

}  // namespace pretag
