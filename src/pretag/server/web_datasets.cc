// What the page of a dataset asks before it shows images: the tags and predictions that there are, and how many images
// each class is in before and after a selection.
#include <map>

#include "pretag/server/predicted_classes.h"
#include "pretag/server/routes.h"
#include "pretag/server/samples.h"
#include "pretag/server/web_query.h"

namespace pretag {
namespace {

using nlohmann::json;

// The tags with their sizes and without their masks, which are long.
Reply<json> tags_of(const Call& call, const Record& dataset) {
  json tags = json::array();
  PRETAG_TRY(visit(call.sql, Table::kTags, {.parent = dataset.id, .newest_first = true}, [&](Record&& tag) -> Status {
    PRETAG_ASSIGN(const Bitmask samples, Bitmask::parse(tag.document["bitMaskData"].get<std::string>()));
    tags.push_back({{"id", tag.id}, {"name", tag.name}, {"images", samples.count()}});
    return {};
  }));
  return tags;
}

Reply<HttpResponse> overview(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(json tags, tags_of(call, dataset));
  json sets = json::array();
  PRETAG_TRY(visit(call.sql, Table::kPredictionTasks, {.parent = dataset.id, .newest_first = true}, [&](Record&& task) {
    sets.push_back({{"id", task.name}, {"task", task.document["name"]}, {"categories", task.document["categories"]}});
    return Status();
  }));
  return json_reply({{"id", dataset.id},
                     {"name", dataset.name},
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
