// For the tests of this layer: a dataset with very many samples, put in past the API, which would take long.
#pragma once

#include <fmt/format.h>

#include "pretag/server/predicted_classes.h"
#include "pretag/server/test_server.h"

namespace pretag {

inline std::string many_sample_id(int i) { return fmt::format("{:024x}", i); }

// Samples 0 to `count` - 1, named by `file`.
inline void add_many_samples(TestServer& server, const std::string& dataset, int count,
                             const std::function<std::string(int)>& file) {
  const auto sql = server.context->database().connect();
  Record record = **find(**sql, Table::kDatasets, dataset);
  record.document["nSamples"] = count;
  EXPECT_TRUE((*sql)->begin());
  EXPECT_TRUE(update(**sql, Table::kDatasets, record).ok());
  for (int i = 0; i < count; ++i) {
    EXPECT_TRUE(
        insert(**sql, Table::kSamples,
               {.id = many_sample_id(i), .owner = record.owner, .parent = dataset, .name = file(i), .position = i}));
  }
  EXPECT_TRUE((*sql)->commit());
}

// Predictions of the samples 0 to `count` - 1 at the time "5".
inline void add_many_predictions(TestServer& server, const std::string& dataset, int count,
                                 const std::function<nlohmann::json(int)>& objects) {
  const auto sql = server.context->database().connect();
  EXPECT_TRUE((*sql)->begin());
  for (int i = 0; i < count; ++i) {
    const nlohmann::json found = objects(i);
    EXPECT_TRUE(put_predicted_classes(**sql, {dataset, "5", i}, nlohmann::json::array(), found));
    EXPECT_TRUE(insert(**sql, Table::kPredictions,
                       {.id = fmt::format("{:024x}", 1'000'000 + i),
                        .parent = dataset,
                        .name = "5/" + many_sample_id(i),
                        .document = {{"objects", found}}}));
  }
  EXPECT_TRUE((*sql)->commit());
}

}  // namespace pretag
