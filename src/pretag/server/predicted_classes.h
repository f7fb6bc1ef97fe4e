// Which classes were found in which samples, in a table of its own: images are listed by class and score without
// reading what was found in all the others. For this layer.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/server/records.h"
#include "pretag/server/sql.h"

namespace pretag {

// In place of a category: one of whatever class.
inline constexpr int64_t kAnyClass = -1;

// Scores as whole millionths, since that is what the databases have in common with SqlValue. All comparisons of scores
// are of these: what a worker held as a float 0.9 is no less than 0.9.
int64_t millionths(double score);

// The table, empty; and its rows for the predictions that a database of an earlier version has.
Status create_predicted_classes(SqlConnection& sql);
Status fill_predicted_classes(SqlConnection& sql);

// Where predictions were made: the sample with this index in the dataset, at this time (unix ms, as the API has it).
struct PredictedSample {
  std::string_view dataset, timestamp;
  int64_t position = 0;
};
// `before` and `now` are the lists of objects that the sample had and has (see predictions.cc).
Status put_predicted_classes(SqlConnection& sql, const PredictedSample& sample, const nlohmann::json& before,
                             const nlohmann::json& now);
// About `most` of the dataset's rows at most, and how many they were: 0 when none is left.
Result<int64_t> remove_some_predicted_classes(SqlConnection& sql, std::string_view dataset, int64_t most);

// Predictions of one task at one time: `set` is "<timestamp>/<task>", the name of the task's record.
struct ClassQuery {
  std::string_view dataset, set;
  double min_score = 0;  // 0 to 1: samples count whose best object of the class has this score or more
};
// The samples with an object of that category, in order; those of the page, or how many there are in all.
Status visit_samples_with_class(SqlConnection& sql, const ClassQuery& query, int64_t category, const Page& page,
                                const std::function<Status(int64_t position)>& take);
Result<int64_t> count_samples_with_class(SqlConnection& sql, const ClassQuery& query, int64_t category);
// The sets of a dataset whose names begin so, in the order of their names. Costs a look into the index a set.
Result<std::vector<std::string>> sets_that_begin_with(SqlConnection& sql, std::string_view dataset,
                                                      std::string_view prefix);
// Each class of each sample once, by category.
Status visit_classes(SqlConnection& sql, const ClassQuery& query,
                     const std::function<Status(int64_t category, int64_t position)>& take);

}  // namespace pretag
