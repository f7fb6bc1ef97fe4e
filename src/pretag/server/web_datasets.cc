// What the page of a dataset asks before it shows images: the tags and predictions that there are, and how many images
// each class is in before and after a selection.
#include <algorithm>
#include <charconv>
#include <map>

#include "pretag/server/crops.h"
#include "pretag/server/predicted_classes.h"
#include "pretag/server/prediction_time.h"
#include "pretag/server/routes.h"
#include "pretag/server/samples.h"
#include "pretag/server/web_query.h"

namespace pretag {
namespace {

using nlohmann::json;

// Of a tag of an earlier build, which has its number in the mask alone.
Reply<size_t> counted_images(const Call& call, const Record& tag) {
  PRETAG_ASSIGN(const auto whole, find(call.sql, Table::kTags, tag.id));
  if (!whole) return size_t{0};  // deleted meanwhile
  PRETAG_ASSIGN(const Bitmask samples, Bitmask::parse(whole->document["bitMaskData"].get<std::string>()));
  return samples.count();
}

Reply<size_t> images_in(const Call& call, const Record& tag) {
  if (tag.state.empty()) return counted_images(call, tag);
  size_t images = 0;
  std::from_chars(tag.state.data(), tag.state.data() + tag.state.size(), images);
  return images;
}

// The tags with their sizes; their masks are long and not read.
Reply<json> tags_of(const Call& call, const Record& dataset) {
  PRETAG_ASSIGN(const auto records,
                list(call.sql, Table::kTags, {.parent = dataset.id, .newest_first = true, .without_documents = true}));
  json tags = json::array();
  for (const Record& tag : records) {
    PRETAG_ASSIGN(const size_t images, images_in(call, tag));
    tags.push_back({{"id", tag.id}, {"name", tag.name}, {"images", images}});
  }
  return tags;
}

// Of the name of a set, "<time>/<task>".
std::string_view task_in_name(std::string_view name) {
  const size_t slash = name.find('/');
  return name.substr(slash == std::string_view::npos ? 0 : slash + 1);
}

// `time`: none of crops, which come from many runs.
json set_data(const std::string& id, json time, json categories) {
  return {{"id", id}, {"task", task_in_name(id)}, {"time", std::move(time)}, {"categories", std::move(categories)}};
}

// By the names of the tasks. There are as many records as runs, and their documents are not read.
Reply<std::map<std::string, Record, std::less<>>> newest_tasks(const Call& call, const Record& dataset) {
  PRETAG_ASSIGN(auto records,
                list(call.sql, Table::kPredictionTasks, {.parent = dataset.id, .without_documents = true}));
  std::map<std::string, Record, std::less<>> newest;
  for (Record& record : records) {
    Record& kept = newest[std::string(task_in_name(record.name))];
    if (kept.id.empty() || time_in_name(kept.name) < time_in_name(record.name)) kept = std::move(record);
  }
  return newest;
}

// The sets of crops that there are, that of the newest predictions first. The names of their classes are with the
// images.
Reply<json> sets_of_crops(const Call& call, const Record& dataset, const std::optional<Record>& parent) {
  PRETAG_ASSIGN(auto ids, sets_that_begin_with(call.sql, dataset.id, kSetsOfCrops));
  if (ids.empty()) return json::array();
  std::map<std::string, Record, std::less<>> tasks;
  if (parent) {
    PRETAG_ASSIGN(tasks, newest_tasks(call, *parent));
  }
  std::ranges::stable_sort(ids, std::greater(), [&](const std::string& id) {
    const auto task = tasks.find(task_in_name(id));
    return task == tasks.end() ? int64_t{-1} : time_in_name(task->second.name);
  });
  json sets = json::array();
  for (const std::string& id : ids) {
    std::optional<Record> task;
    if (const auto known = tasks.find(task_in_name(id)); known != tasks.end()) {
      PRETAG_ASSIGN(task, find(call.sql, Table::kPredictionTasks, known->second.id));
    }
    sets.push_back(set_data(id, nullptr, task ? task->document["categories"] : json::array()));
  }
  return sets;
}

Reply<HttpResponse> overview(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(json tags, tags_of(call, dataset));
  PRETAG_ASSIGN(const auto parent, parent_of_crops(call, dataset));
  PRETAG_ASSIGN(json sets, sets_of_crops(call, dataset, parent));
  PRETAG_TRY(visit(call.sql, Table::kPredictionTasks, {.parent = dataset.id, .newest_first = true}, [&](Record&& task) {
    sets.push_back(set_data(task.name, time_in_name(task.name), task.document["categories"]));
    return Status();
  }));
  return json_reply({{"id", dataset.id},
                     {"name", dataset.name},
                     {"type", dataset.document["type"]},
                     {"parent", parent ? json{{"id", parent->id}, {"name", parent->name}} : json()},
                     {"images", sample_count(dataset)},
                     {"tags", std::move(tags)},
                     {"predictions", std::move(sets)}});
}

struct Images {
  int64_t before = 0, after = 0;
};

// ?predictions=&minScore=&tag=: images that each class is in, among all and among those of the tag.
Reply<HttpResponse> classes(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Bitmask selected, selected_samples(call, dataset));
  PRETAG_ASSIGN(const double min_score, query_score(call));
  std::map<int64_t, Images> images;
  PRETAG_TRY(visit_classes(call.sql, {dataset.id, call.query("predictions"), min_score},
                           [&](int64_t category, int64_t position) {
                             Images& counted = images[category];
                             ++counted.before;
                             if (selected.contains(static_cast<size_t>(position))) ++counted.after;
                             return Status();
                           }));
  JsonArray answer;
  for (const auto& [category, counted] : images) {
    answer.add({{"id", category}, {"before", counted.before}, {"after", counted.after}});
  }
  return answer.reply();
}

}  // namespace

void add_web_dataset_routes(Router& router) {
  router.add("GET", "/web/api/datasets/{datasetId}", overview);
  router.add("GET", "/web/api/datasets/{datasetId}/classes", classes);
}

}  // namespace pretag
