// Active learning scores: a number for each sample. They belong to a task and a time, or, from clients before 1.5, to a
// tag.
#include <algorithm>

#include "pretag/server/json_fields.h"
#include "pretag/server/prediction_time.h"
#include "pretag/server/routes.h"
#include "pretag/server/tags.h"

namespace pretag {
namespace {

using nlohmann::json;

// Of some seven million samples with six digits each. Both databases take values of 64 MiB, and what is stored is a
// little more than the body.
constexpr uint64_t kMaxBodyBytes = 63u << 20;

constexpr char kOfTag[] = "tag/";  // what names of scores begin with that belong to a tag

Reply<json> checked_scores(const Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(std::string type, required_text(body, "scoreType", {1, 200}));
  PRETAG_ASSIGN(json scores, required_array(body, "scores"));
  if (!std::ranges::all_of(scores, [](const json& score) { return score.is_number(); })) {
    return bad_request("'scores' must be a list of numbers");
  }
  return json{{"scoreType", std::move(type)}, {"scores", std::move(scores)}};
}

Reply<HttpResponse> put_scores_of_task(Call& call) {
  PRETAG_ASSIGN(json document, checked_scores(call));
  PRETAG_ASSIGN(const auto time, prediction_time(call));
  const std::string task(call.query("taskName"));
  document["taskName"] = task;
  const auto type = document["scoreType"].get<std::string>();
  const std::string name = time.value_or("0") + "/" + task + "/" + type;
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const std::string id, put_named(call, Table::kScores, dataset, name, std::move(document), type));
  PRETAG_TRY(transaction.commit());
  return created(id);
}

Reply<HttpResponse> put_scores_of_tag(Call& call) {
  PRETAG_ASSIGN(json document, checked_scores(call));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Record tag, tag_of(call, dataset));
  document["tagId"] = tag.id;
  const auto type = document["scoreType"].get<std::string>();
  const std::string name = kOfTag + tag.id + "/" + type;
  PRETAG_ASSIGN(const std::string id, put_named(call, Table::kScores, dataset, name, std::move(document), type));
  PRETAG_TRY(transaction.commit());
  return created(id);
}

// Tasks may have slashes in their names; types of earlier builds, which did not keep them apart, had none.
std::string score_type(const Record& record) {
  return record.state.empty() ? record.name.substr(record.name.rfind('/') + 1) : record.state;
}

// What stands between the time, or "tag", and the type: the name of the task, or the id of the tag.
std::string scored(const Record& record) {
  const size_t begin = record.name.find('/') + 1;
  return record.name.substr(begin, record.name.size() - begin - 1 - score_type(record).size());
}

bool is_of_task(const Record& record) { return !record.name.starts_with(kOfTag); }

// What lists tell of scores, which is all but the numbers: one for each sample, too many to be read for it.
json scores_data(const Record& record) {
  json data = {{"id", record.id}, {"scoreType", score_type(record)}, {"createdAt", record.created_at}};
  if (is_of_task(record)) {
    data["datasetId"] = record.parent;
    data["taskName"] = scored(record);
    data["predictionUUIDTimestamp"] = time_in_name(record.name);
  } else {
    data["tagId"] = scored(record);
  }
  return data;
}

Status visit_heads(const Call& call, const Record& dataset, const std::string& prefix,
                   const std::function<Status(Record&&)>& take) {
  const RecordFilter heads{.parent = dataset.id, .name_prefix = prefix, .without_documents = true};
  return visit(call.sql, Table::kScores, heads, take);
}

Reply<HttpResponse> get_scores_of_tasks(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const auto time, prediction_time(call));
  const std::string_view task = call.query("taskName");
  const std::string prefix = time ? *time + "/" : "";
  JsonArray answer;
  PRETAG_TRY(visit_heads(call, dataset, prefix, [&](Record&& record) {
    if (is_of_task(record) && (task.empty() || scored(record) == task)) answer.add(scores_data(record));
    return Status();
  }));
  return answer.reply();
}

Reply<HttpResponse> get_scores_of_tag(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Record tag, tag_of(call, dataset));
  JsonArray answer;
  PRETAG_TRY(visit_heads(call, dataset, kOfTag + tag.id + "/",
                         [&](Record&& record) { return answer.add(scores_data(record)), Status(); }));
  return answer.reply();
}

Reply<HttpResponse> get_scores(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Record record, child_of(call, Table::kScores, "scoreId", dataset.id, "SCORE_UNKNOWN",
                                              "set of scores in this dataset"));
  json data = scores_data(record);
  data["scores"] = record.document["scores"];
  return json_reply(data);
}

}  // namespace

void add_score_routes(Router& router) {
  const std::string base = "/v1/datasets/{datasetId}";
  router.add("POST", base + "/predictions/scores", put_scores_of_task).max_body_bytes = kMaxBodyBytes;
  router.add("GET", base + "/predictions/scores", get_scores_of_tasks);
  router.add("GET", base + "/predictions/scores/{scoreId}", get_scores);
  router.add("POST", base + "/tags/{tagId}/scores", put_scores_of_tag).max_body_bytes = kMaxBodyBytes;
  router.add("GET", base + "/tags/{tagId}/scores", get_scores_of_tag);
  router.add("GET", base + "/tags/{tagId}/scores/{scoreId}", get_scores);
}

}  // namespace pretag
