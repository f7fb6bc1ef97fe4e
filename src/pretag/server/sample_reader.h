// Reads samples of a dataset by their positions, in order. For this layer.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "pretag/server/records.h"

namespace pretag {

struct SampleName {
  std::string_view id, file;  // good until the visitor returns
};

// `positions` ascend; each of their samples is visited once. kNotFound where one is missing, as when the dataset has
// been deleted meanwhile. What is read is close to what is asked for, however the positions lie.
Status visit_sample_names(SqlConnection& sql, std::string_view dataset, std::span<const int64_t> positions,
                          const std::function<Status(const SampleName&)>& take);
// With their documents.
Status visit_samples(SqlConnection& sql, std::string_view dataset, std::span<const int64_t> positions,
                     const std::function<Status(Record&&)>& take);

}  // namespace pretag
