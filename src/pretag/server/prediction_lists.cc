// Reading predictions again: of the set with the time that is asked for, or of each task the newest.
#include <algorithm>
#include <map>
#include <set>

#include "pretag/server/call.h"
#include "pretag/server/prediction_time.h"
#include "pretag/server/routes.h"
#include "pretag/server/sample_list.h"
#include "pretag/server/samples.h"

namespace pretag {
namespace {

using nlohmann::json;

// One of each name, the newest; in the order of their time, newest first.
Reply<std::vector<Record>> tasks_of(const Call& call, const Record& dataset) {
  PRETAG_ASSIGN(const auto time, prediction_time(call));
  const std::string prefix = time ? *time + "/" : "";
  PRETAG_ASSIGN(auto tasks, list(call.sql, Table::kPredictionTasks, {.parent = dataset.id, .name_prefix = prefix}));
  std::ranges::stable_sort(tasks, std::greater(), [](const Record& task) { return time_in_name(task.name); });
  std::set<std::string> seen;
  std::erase_if(tasks,
                [&](const Record& task) { return !seen.insert(task.document["name"].get<std::string>()).second; });
  return tasks;
}

Reply<HttpResponse> get_tasks(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const auto tasks, tasks_of(call, dataset));
  json schemas = json::array();
  for (const Record& task : tasks) schemas.push_back(task.document);
  // Clients before 1.4.11 know the list alone.
  if (const auto version = call.client_version(); version[0] == 1 && version < std::array{1, 4, 11}) {
    return json_reply(schemas);
  }
  const std::string_view asked = call.query("predictionUUIDTimestamp");
  const int64_t time = !asked.empty() ? time_in_name(asked) : tasks.empty() ? 0 : time_in_name(tasks.front().name);
  return json_reply({{"predictionUUIDTimestamp", time}, {"schemas", std::move(schemas)}});
}

Reply<HttpResponse> get_task(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const auto tasks, tasks_of(call, dataset));
  const auto found = std::ranges::find(tasks, call.parameter("taskName"),
                                       [](const Record& task) { return task.document["name"].get<std::string>(); });
  if (found == tasks.end()) return not_found("TASK_UNKNOWN", "the dataset has no predictions for this task");
  return json_reply(found->document);
}

// Predictions that were made at the same time.
struct PredictionSet {
  std::string time;
  std::set<std::string> tasks;
};

// Those in question, newest first.
Reply<std::vector<PredictionSet>> sets_of(const Call& call, const Record& dataset) {
  PRETAG_ASSIGN(auto time, prediction_time(call));
  if (time) return std::vector{PredictionSet{*std::move(time), {}}};
  std::map<int64_t, std::set<std::string>, std::greater<>> tasks;
  PRETAG_TRY(visit(call.sql, Table::kPredictionTasks, {.parent = dataset.id}, [&](Record&& task) {
    return tasks[time_in_name(task.name)].insert(task.document["name"].get<std::string>()), Status();
  }));
  std::vector<PredictionSet> sets;
  for (auto& [each, names] : tasks) sets.push_back({std::to_string(each), std::move(names)});
  return sets;
}

// All that was found in a sample. A task counts in the newest set with it that knows the sample, be it that nothing was
// found then.
Result<json> objects_in(SqlConnection& sql, const std::string& dataset, const std::string& sample,
                        const std::vector<PredictionSet>& sets, std::string_view task) {
  json objects = json::array();
  std::set<std::string> newer_tasks;
  for (const PredictionSet& set : sets) {
    const std::string name = set.time + "/" + sample;
    PRETAG_ASSIGN(auto record, find_first(sql, Table::kPredictions, {.parent = dataset, .name = name}));
    if (!record) continue;
    std::set<std::string> tasks = set.tasks;
    for (json& object : record->document["objects"]) {
      const auto& of_task = object["taskName"].get_ref<const std::string&>();
      if (newer_tasks.contains(of_task) || (!task.empty() && task != of_task)) continue;
      tasks.insert(of_task);
      objects.push_back(std::move(object));
    }
    newer_tasks.merge(tasks);
  }
  return objects;
}

Reply<HttpResponse> get_objects_of_sample(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Record sample,
                child_of(call, Table::kSamples, "sampleId", dataset.id, "SAMPLE_UNKNOWN", "sample in this dataset"));
  PRETAG_ASSIGN(const auto sets, sets_of(call, dataset));
  PRETAG_ASSIGN(const json objects, objects_in(call.sql, dataset.id, sample.id, sets, ""));
  return json_reply(objects);
}

// A list for each sample, in the order of the samples.
Reply<HttpResponse> get_objects_of_samples(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Page page, call.page());
  PRETAG_ASSIGN(const auto sets, sets_of(call, dataset));
  const auto read = [id = dataset.id, sets, task = std::string(call.query("taskName"))](
                        SqlConnection& sql, std::span<const int64_t> positions, const AddText& add) -> Status {
    std::vector<std::string> samples;
    PRETAG_TRY(visit_sample_names(sql, id, positions,
                                  [&](const SampleName& sample) { return samples.emplace_back(sample.id), Status(); }));
    for (const std::string& sample : samples) {
      PRETAG_ASSIGN(const json objects, objects_in(sql, id, sample, sets, task));
      add(json_dump(objects));
    }
    return {};
  };
  return answer_with(call, {all_samples(dataset), page, read, 50});
}

}  // namespace

void add_prediction_list_routes(Router& router) {
  const std::string base = "/v1/datasets/{datasetId}/predictions";
  router.add("GET", base + "/tasks", get_tasks);
  router.add("GET", base + "/tasks/{taskName}", get_task);
  router.add("GET", base + "/samples", get_objects_of_samples);
  router.add("GET", base + "/samples/{sampleId}", get_objects_of_sample);
}

}  // namespace pretag
