// A page of a dataset's images with what was found in them, by class, score and tag; of one of crops, with what they
// show. Only the samples of the page are read; which ones those are is told by the index of the predicted classes and
// by the tag's mask.
#include <algorithm>

#include "pretag/server/crops.h"
#include "pretag/server/predicted_classes.h"
#include "pretag/server/routes.h"
#include "pretag/server/sample_links.h"
#include "pretag/server/sample_reader.h"
#include "pretag/server/samples.h"
#include "pretag/server/web_query.h"

namespace pretag {
namespace {

using nlohmann::json;

constexpr int64_t kPageImages = 60, kMaxPageImages = 200;
constexpr size_t kMaxObjects = 300;  // of an image: more could not be told apart, and make the answer large

enum class Show { kAll, kSelected, kOthers };

struct ImageQuery {
  std::string_view predictions;  // "<timestamp>/<task>", or empty
  int64_t category = kAnyClass;
  double min_score = 0;
  Bitmask selected{};
  Show show = Show::kAll;
  Page page{};
  std::string_view image{};  // the id of a sample, which alone is shown then

  std::string_view timestamp() const { return predictions.substr(0, predictions.find('/')); }
  std::string_view task() const { return predictions.substr(std::min(predictions.size(), predictions.find('/') + 1)); }
  bool depends_on_predictions() const { return category != kAnyClass || min_score > 0; }
  bool shows(int64_t position) const {
    return show == Show::kAll || selected.contains(static_cast<size_t>(position)) == (show == Show::kSelected);
  }
};

Reply<ImageQuery> image_query(const Call& call, const Record& dataset) {
  ImageQuery query;
  query.predictions = call.query("predictions");
  if (!query.predictions.empty() && query.predictions.find('/') == std::string_view::npos) {
    return bad_request("'predictions' must be a time and a task, as in 1700000000000/lightly_pretagging");
  }
  PRETAG_ASSIGN(query.category, call.whole_number("category", kAnyClass));
  PRETAG_ASSIGN(query.min_score, query_score(call));
  PRETAG_ASSIGN(query.selected, selected_samples(call, dataset));
  const std::string_view show = call.query("show");
  if (!show.empty() && show != "all" && show != "selected" && show != "others") {
    return bad_request("'show' must be all, selected or others");
  }
  query.show = show == "selected" ? Show::kSelected : show == "others" ? Show::kOthers : Show::kAll;
  PRETAG_ASSIGN(query.page.offset, call.whole_number("pageOffset", 0));
  PRETAG_ASSIGN(query.page.size, call.whole_number("pageSize", kPageImages));
  query.page.size = std::min(query.page.size, kMaxPageImages);
  query.image = call.query("image");
  return query;
}

struct Positions {
  int64_t total = 0;
  std::vector<int64_t> of_page{};
};

// Which samples match, of them all and of the page: indexes only.
Reply<Positions> matching(const Call& call, const Record& dataset, const ImageQuery& query) {
  Positions positions;
  if (!query.image.empty()) {
    PRETAG_ASSIGN(const auto sample, find(call.sql, Table::kSamples, query.image));
    if (!sample || sample->parent != dataset.id) return not_found("SAMPLE_UNKNOWN", "there is no such image here");
    return Positions{1, {sample->position}};
  }
  const ClassQuery with_class{dataset.id, query.predictions, query.min_score};
  if (query.depends_on_predictions() && query.show == Show::kAll) {
    PRETAG_ASSIGN(positions.total, count_samples_with_class(call.sql, with_class, query.category));
    PRETAG_TRY(visit_samples_with_class(call.sql, with_class, query.category, query.page, [&](int64_t position) {
      return positions.of_page.push_back(position), Status();
    }));
    return positions;
  }
  const auto take = [&](int64_t position) {
    if (!query.shows(position)) return Status();
    const int64_t at = positions.total++ - query.page.offset;
    if (at >= 0 && at < query.page.size) positions.of_page.push_back(position);
    return Status();
  };
  if (query.depends_on_predictions()) {
    PRETAG_TRY(visit_samples_with_class(call.sql, with_class, query.category, {}, take));
  } else {
    for (int64_t position = 0; position < sample_count(dataset); ++position) PRETAG_TRY(take(position));
  }
  return positions;
}

// Where the object was cut out, if it was.
json crop_of(const json& object) {
  const auto dataset = object.find("cropDatasetId"), sample = object.find("cropSampleId");
  const bool is_cut = dataset != object.end() && dataset->is_string() && sample != object.end() && sample->is_string();
  return is_cut ? json{{"dataset", *dataset}, {"image", *sample}} : json();
}

// Of the wanted class and score, the surest first.
Reply<json> objects_of(const Call& call, const Record& sample, const ImageQuery& query) {
  const std::string name = std::string(query.timestamp()) + "/" + sample.id;
  PRETAG_ASSIGN(const auto predictions,
                find_first(call.sql, Table::kPredictions, {.parent = sample.parent, .name = name}));
  std::vector<json> objects;
  if (predictions) {
    for (const json& object : predictions->document["objects"]) {
      const auto category = object["categoryId"].get<int64_t>();
      if (object["taskName"] != query.task()) continue;
      if (millionths(object["score"].get<double>()) < millionths(query.min_score)) continue;
      if (query.category != kAnyClass && category != query.category) continue;
      json shown = {{"category", category}, {"score", object["score"]}};
      if (object.contains("bbox")) shown["bbox"] = object["bbox"];
      if (json crop = crop_of(object); !crop.is_null()) shown["crop"] = std::move(crop);
      objects.push_back(std::move(shown));
    }
  }
  std::ranges::stable_sort(objects, std::greater(), [](const json& object) { return object["score"].get<double>(); });
  return json(std::move(objects));
}

// Boxes are in pixels of the image, so that a smaller copy is of use only with the size that the image has.
json thumbnail_of(const Record& sample, const SampleLinks& links) {
  const std::string url = links.thumbnail(sample);
  const json::json_pointer path("/metaData/shape");  // height, width, colours
  const json shape = sample.document.contains(path) ? sample.document[path] : json();
  const bool has_size = shape.is_array() && shape.size() == 3 && shape[0].is_number() && shape[1].is_number();
  if (url.empty() || !has_size) return nullptr;
  return {{"url", url}, {"width", shape[1]}, {"height", shape[0]}};
}

// Of a crop: the object, the set of crops it belongs to, and where it was cut from.
json shown_object(const json& crop_data) {
  return {{"category", crop_data["predictionTaskCategoryId"]},
          {"score", crop_data["predictionTaskScore"]},
          {"set", set_of_crop(crop_data)},
          {"cutFrom", {{"image", crop_data["parentId"]}, {"predictions", predictions_of_crop(crop_data)}}}};
}

Reply<json> image_data(const Call& call, const Record& sample, const ImageQuery& query, const SampleLinks& links) {
  PRETAG_ASSIGN(json objects, objects_of(call, sample, query));
  const size_t count = objects.size();
  json thumbnail = thumbnail_of(sample, links);
  if (count > kMaxObjects) objects.erase(objects.begin() + kMaxObjects, objects.end());
  json image = {{"id", sample.id},
                {"fileName", sample.name},
                {"index", sample.position},
                {"url", links.image({sample.id, sample.name})},
                {"thumbnail", std::move(thumbnail)},
                {"selected", query.selected.contains(static_cast<size_t>(sample.position))},
                {"objectCount", count},
                {"objects", std::move(objects)}};
  if (const auto crop = crop_data_of(sample)) image["shows"] = shown_object(*crop);
  return image;
}

// ?predictions=&category=&minScore=&tag=&show=&pageOffset=&pageSize=, or ?image= of one alone.
Reply<HttpResponse> images(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const ImageQuery query, image_query(call, dataset));
  PRETAG_ASSIGN(const Positions positions, matching(call, dataset, query));
  std::vector<Record> samples;
  PRETAG_TRY(visit_samples(call.sql, dataset.id, positions.of_page,
                           [&](Record&& sample) { return samples.push_back(std::move(sample)), Status(); }));
  const SampleLinks links = SampleLinks::of(call, dataset);
  json list = json::array();
  for (const Record& sample : samples) {
    PRETAG_ASSIGN(json image, image_data(call, sample, query, links));
    list.push_back(std::move(image));
  }
  return json_reply({{"total", positions.total}, {"images", std::move(list)}});
}

}  // namespace

void add_web_image_routes(Router& router) { router.add("GET", "/web/api/datasets/{datasetId}/images", images); }

}  // namespace pretag
