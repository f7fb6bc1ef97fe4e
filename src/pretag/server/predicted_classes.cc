#include "pretag/server/predicted_classes.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <map>
#include <vector>

#include "pretag/server/records.h"

namespace pretag {
namespace {

// A dataset may have millions of rows, and a database client that holds all that it asked for.
constexpr int64_t kRowsAtATime = 50'000;

using nlohmann::json;

// The best score of each class of each task; kAnyClass is the best of them all.
std::map<std::pair<std::string, int64_t>, int64_t> best_scores(const json& objects) {
  std::map<std::pair<std::string, int64_t>, int64_t> best;
  for (const json& object : objects) {
    const auto task = object["taskName"].get<std::string>();
    const int64_t score = millionths(object["score"].get<double>());
    for (const int64_t category : {kAnyClass, object["categoryId"].get<int64_t>()}) {
      const auto [entry, is_new] = best.try_emplace({task, category}, score);
      if (!is_new) entry->second = std::max(entry->second, score);
    }
  }
  return best;
}

Status ignore_row(const SqlRow&) { return {}; }

constexpr char kWithClass[] =
    " FROM predicted_classes WHERE dataset = ?1 AND prediction_set = ?2 AND category = ?3 AND score >= ?4";

Status insert_rows(SqlConnection& sql, const PredictedSample& sample, const json& objects) {
  for (const auto& [key, score] : best_scores(objects)) {
    const std::string set = fmt::format("{}/{}", sample.timestamp, key.first);
    const std::array<SqlValue, 5> values = {sample.dataset, set, key.second, sample.position, score};
    PRETAG_TRY(sql.query("INSERT INTO predicted_classes VALUES (?1, ?2, ?3, ?4, ?5)", values, ignore_row));
  }
  return {};
}

Status visit_all_samples_with_class(SqlConnection& sql, const ClassQuery& query, int64_t category,
                                    const std::function<Status(int64_t position)>& take) {
  int64_t last = -1, rows = kRowsAtATime;
  while (rows == kRowsAtATime) {
    rows = 0;
    const std::array<SqlValue, 6> values = {query.dataset, query.set,   category, millionths(query.min_score),
                                            last,          kRowsAtATime};
    PRETAG_TRY(sql.query(fmt::format("SELECT position{} AND position > ?5 ORDER BY position LIMIT ?6", kWithClass),
                         values, [&](const SqlRow& row) {
                           ++rows;
                           return take(last = row.integer(0));
                         }));
  }
  return {};
}

}  // namespace

int64_t millionths(double score) { return std::llround(score * 1e6); }

Status create_predicted_classes(SqlConnection& sql) {
  // The index has all columns, so that the table itself is not touched by a listing.
  return sql.execute(R"sql(
CREATE TABLE predicted_classes (
  dataset TEXT NOT NULL,
  prediction_set TEXT NOT NULL,
  category BIGINT NOT NULL,
  position BIGINT NOT NULL,
  score BIGINT NOT NULL
);
CREATE INDEX predicted_classes_by_class ON predicted_classes (dataset, prediction_set, category, position, score);
)sql");
}

Status fill_predicted_classes(SqlConnection& sql) {
  return visit(sql, Table::kPredictions, {}, [&](Record&& prediction) -> Status {
    const std::string_view name = prediction.name;  // "<timestamp>/<sample>"
    const size_t slash = name.find('/');
    if (slash == std::string_view::npos) return {};
    PRETAG_ASSIGN(const auto sample, find(sql, Table::kSamples, name.substr(slash + 1)));
    if (!sample) return {};
    return insert_rows(sql, {prediction.parent, name.substr(0, slash), sample->position},
                       prediction.document["objects"]);
  });
}

Status put_predicted_classes(SqlConnection& sql, const PredictedSample& sample, const json& before, const json& now) {
  for (const auto& [key, score] : best_scores(before)) {
    const std::string set = fmt::format("{}/{}", sample.timestamp, key.first);
    const std::array<SqlValue, 4> values = {sample.dataset, set, key.second, sample.position};
    PRETAG_TRY(sql.query(
        "DELETE FROM predicted_classes WHERE dataset = ?1 AND prediction_set = ?2 AND category = ?3 AND position = ?4",
        values, ignore_row));
  }
  return insert_rows(sql, sample, now);
}

Result<int64_t> remove_some_predicted_classes(SqlConnection& sql, std::string_view dataset, int64_t most) {
  // In the order of the index, of one class of one set.
  std::string set;
  int64_t category = -1, position = -1;
  const std::array<SqlValue, 1> of_dataset = {dataset};
  PRETAG_TRY(
      sql.query("SELECT prediction_set, category FROM predicted_classes WHERE dataset = ?1 ORDER BY prediction_set, "
                "category LIMIT 1",
                of_dataset, [&](const SqlRow& row) {
                  set = row.text(0);
                  category = row.integer(1);
                  return Status();
                }));
  const std::array<SqlValue, 4> first = {dataset, set, category, most};
  PRETAG_TRY(
      sql.query("SELECT position FROM predicted_classes WHERE dataset = ?1 AND prediction_set = ?2 AND category = ?3 "
                "ORDER BY position LIMIT ?4",
                first, [&](const SqlRow& row) { return position = row.integer(0), Status(); }));
  const std::array<SqlValue, 4> up_to = {dataset, set, category, position};
  return sql.change(
      "DELETE FROM predicted_classes WHERE dataset = ?1 AND prediction_set = ?2 AND category = ?3 AND position <= ?4",
      up_to);
}

Status visit_samples_with_class(SqlConnection& sql, const ClassQuery& query, int64_t category, const Page& page,
                                const std::function<Status(int64_t position)>& take) {
  if (page.size < 0) return visit_all_samples_with_class(sql, query, category, take);
  const std::array<SqlValue, 6> values = {query.dataset, query.set,  category, millionths(query.min_score),
                                          page.size,     page.offset};
  return sql.query(fmt::format("SELECT position{} ORDER BY position LIMIT ?5 OFFSET ?6", kWithClass), values,
                   [&](const SqlRow& row) { return take(row.integer(0)); });
}

Result<int64_t> count_samples_with_class(SqlConnection& sql, const ClassQuery& query, int64_t category) {
  const std::array<SqlValue, 4> values = {query.dataset, query.set, category, millionths(query.min_score)};
  int64_t samples = 0;
  PRETAG_TRY(sql.query(fmt::format("SELECT count(*){}", kWithClass), values,
                       [&](const SqlRow& row) { return samples = row.integer(0), Status(); }));
  return samples;
}

Result<std::vector<std::string>> sets_that_begin_with(SqlConnection& sql, std::string_view dataset,
                                                      std::string_view prefix) {
  std::vector<std::string> sets;
  std::string last(prefix);
  while (last.starts_with(prefix)) {
    const std::array<SqlValue, 2> values = {dataset, last};
    std::string next;
    PRETAG_TRY(
        sql.query("SELECT prediction_set FROM predicted_classes WHERE dataset = ?1 AND prediction_set > ?2 "
                  "ORDER BY prediction_set LIMIT 1",
                  values, [&](const SqlRow& row) { return next = row.text(0), Status(); }));
    if (!next.starts_with(prefix)) break;
    sets.push_back(last = next);
  }
  return sets;
}

Status visit_classes(SqlConnection& sql, const ClassQuery& query,
                     const std::function<Status(int64_t category, int64_t position)>& take) {
  int64_t last_category = 0, last_position = -1, rows = kRowsAtATime;
  while (rows == kRowsAtATime) {
    rows = 0;
    const std::array<SqlValue, 6> values = {query.dataset, query.set,     millionths(query.min_score),
                                            last_category, last_position, kRowsAtATime};
    PRETAG_TRY(sql.query(
        "SELECT category, position FROM predicted_classes WHERE dataset = ?1 AND prediction_set = ?2 AND score >= ?3 "
        "AND (category, position) > (?4, ?5) ORDER BY category, position LIMIT ?6",
        values, [&](const SqlRow& row) {
          ++rows;
          return take(last_category = row.integer(0), last_position = row.integer(1));
        }));
  }
  return {};
}

}  // namespace pretag
