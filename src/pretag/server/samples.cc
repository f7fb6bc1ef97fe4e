#include "pretag/server/samples.h"

#include <fmt/format.h>

#include "pretag/server/crops.h"
#include "pretag/server/json_fields.h"
#include "pretag/server/routes.h"
#include "pretag/server/sample_links.h"
#include "pretag/server/sample_list.h"
#include "pretag/util/paths.h"

namespace pretag {
namespace {

using nlohmann::json;

constexpr size_t kMaxDocumentBytes = 1 << 20;  // of what a client adds to a sample
constexpr size_t kMostAtOnce = 1000;           // samples of one request

std::string file_of(const Record& sample, const char* kind) { return sample_file(sample.parent, sample.id, kind); }

// The name of a sample is a path in the data source: it must not lead out of it.
Reply<std::string> sample_name(const json& body) {
  PRETAG_ASSIGN(std::string name, required_text(body, "fileName", {1, 4096, true}));
  if (name.find_first_of("\r\n") != std::string::npos) return bad_request("'fileName' must not have line breaks");
  if (!stays_inside(name)) return bad_request("'fileName' must be a relative path without '.' and '..'");
  return name;
}

// What the worker or a user tells of the sample, as it is.
Reply<Done> take_facts(const json& body, json& document) {
  for (const char* key : {"exif", "metaData", "customMetaData", "videoFrameData", "cropData"}) {
    const auto given = body.find(key);
    if (given == body.end() || given->is_null()) continue;
    if (!given->is_object()) return bad_request(std::string("'") + key + "' must be an object");
    if (given->dump(-1, ' ', false, json::error_handler_t::replace).size() > kMaxDocumentBytes) {
      return ApiError(400, "CUSTOM_METADATA_AT_MAX_SIZE", std::string("'") + key + "' is larger than 1 MiB");
    }
    document[key] = *given;
  }
  if (const auto crop = body.find("cropData"); crop != body.end() && !crop->is_null()) {
    auto checked = checked_crop_data(*crop);
    if (!checked) return bad_request("in 'cropData', " + checked.error().message);
    document["cropData"] = *std::move(checked);
  }
  PRETAG_ASSIGN(const auto thumbnail, optional_text(body, "thumbName", {0, 4096, true}));
  if (thumbnail) document["thumbName"] = *thumbnail;
  return Done();
}

int64_t bytes_of(const json& document) {
  const json::json_pointer path("/metaData/sizeInBytes");
  return document.contains(path) && document[path].is_number_integer() ? document[path].get<int64_t>() : 0;
}

// Changes what is known of a sample, and with it the size of the dataset.
Reply<Done> tell_of(const Call& call, const json& body, Record& dataset, Record& sample) {
  const int64_t bytes_before = bytes_of(sample.document);
  PRETAG_TRY(take_facts(body, sample.document));
  sample.document["type"] = sample.document.contains("cropData")         ? "CROP"
                            : sample.document.contains("videoFrameData") ? "VIDEO_FRAME"
                                                                         : "IMAGE";
  sample.modified_at = call.server.now_ms();
  dataset.document["sizeInBytes"] =
      dataset.document.value("sizeInBytes", int64_t{0}) + bytes_of(sample.document) - bytes_before;
  return Done();
}

// Samples are known by their file name: telling of one again changes it, and adds none. Within a transaction, at whose
// end `dataset` has to be updated.
Reply<Record> put_sample(const Call& call, const json& body, Record& dataset) {
  PRETAG_ASSIGN(const std::string name, sample_name(body));
  PRETAG_ASSIGN(auto sample, find_first(call.sql, Table::kSamples, {.parent = dataset.id, .name = name}));
  const bool is_new = !sample;
  if (is_new) {
    sample = call.new_record(dataset.id, name);
    sample->position = sample_count(dataset);
    dataset.document["nSamples"] = sample_count(dataset) + 1;
  }
  const auto crop_before = crop_data_of(*sample);
  PRETAG_TRY(tell_of(call, body, dataset, *sample));
  if (is_new) {
    PRETAG_TRY(insert(call.sql, Table::kSamples, *sample));
  } else {
    PRETAG_TRY(update(call.sql, Table::kSamples, *sample));
  }
  PRETAG_TRY(put_class_of_crop(call.sql, *sample, crop_before));
  return *std::move(sample);
}

Reply<Record> put_one_sample(const Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(Record dataset, dataset_of(call));
  PRETAG_ASSIGN(Record sample, put_sample(call, body, dataset));
  PRETAG_TRY(update(call.sql, Table::kDatasets, dataset));
  PRETAG_TRY(transaction.commit());
  return sample;
}

Reply<HttpResponse> create_sample(Call& call) {
  PRETAG_ASSIGN(const Record sample, put_one_sample(call));
  return created(sample.id);
}

// All of them or, where one of them is wrong, none.
Reply<HttpResponse> create_many(Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(const json samples, required_array(body, "samples"));
  if (samples.size() > kMostAtOnce) return bad_request(fmt::format("'samples' has more than {}", kMostAtOnce));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(Record dataset, dataset_of(call));
  json ids = json::array();
  for (const json& entry : samples) {
    const std::string where = fmt::format("in sample {} of 'samples', ", ids.size());
    if (!entry.is_object()) return bad_request(where + "something other than an object");
    auto sample = put_sample(call, entry, dataset);
    if (!sample) {
      ApiError error = sample.error();
      error.message.insert(0, where);
      return error;
    }
    ids.push_back(sample->id);
  }
  PRETAG_TRY(update(call.sql, Table::kDatasets, dataset));
  PRETAG_TRY(transaction.commit());
  return json_reply({{"ids", ids}}, 201);
}

json write_urls_of(const Call& call, const Record& sample) {
  return {{"full", call.signed_link("PUT", file_of(sample, "full"))},
          {"thumb", call.signed_link("PUT", file_of(sample, "thumb"))}};
}

Reply<HttpResponse> create_with_write_urls(Call& call) {
  PRETAG_ASSIGN(const Record sample, put_one_sample(call));
  return json_reply({{"id", sample.id}, {"sampleWriteUrls", write_urls_of(call, sample)}}, 201);
}

Reply<Record> sample_of(const Call& call, const Record& dataset) {
  return child_of(call, Table::kSamples, "sampleId", dataset.id, "SAMPLE_UNKNOWN", "sample in this dataset");
}

// All of them, or the one of ?fileName=.
Reply<HttpResponse> list_samples(const Call& call, const std::function<json(const Record&)>& shown) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Page page, call.page());
  const std::string name(call.query("fileName"));
  if (name.empty()) return answer_with(call, {all_samples(dataset), page, read_documents(dataset, shown), 50});
  JsonArray answer;
  PRETAG_TRY(visit(call.sql, Table::kSamples, {.parent = dataset.id, .name = name, .page = page},
                   [&](Record&& sample) { return answer.add(shown(sample)), Status(); }));
  return answer.reply();
}

Reply<HttpResponse> get_samples(Call& call) { return list_samples(call, sample_data); }

// ?mode=fileNames or ids, or full: how much of each sample.
Reply<HttpResponse> get_partial_samples(Call& call) {
  const bool full = call.query("mode") == "full";
  const bool names = call.query("mode") == "fileNames";
  return list_samples(call, [full, names](const Record& sample) -> json {
    if (full) return sample_data(sample);
    json partial = {{"id", sample.id}};
    if (names) partial["fileName"] = sample.name;
    return partial;
  });
}

Reply<HttpResponse> get_sample(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Record sample, sample_of(call, dataset));
  return json_reply(sample_data(sample));
}

Reply<HttpResponse> update_sample(Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(Record dataset, dataset_of(call));
  PRETAG_ASSIGN(Record sample, sample_of(call, dataset));
  const auto crop_before = crop_data_of(sample);
  PRETAG_TRY(tell_of(call, body, dataset, sample));
  PRETAG_TRY(update(call.sql, Table::kSamples, sample));
  PRETAG_TRY(put_class_of_crop(call.sql, sample, crop_before));
  PRETAG_TRY(update(call.sql, Table::kDatasets, dataset));
  PRETAG_TRY(transaction.commit());
  return no_content();
}

Reply<HttpResponse> read_url(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Record sample, sample_of(call, dataset));
  const bool thumbnail = call.query("type") == "thumbnail" || call.query("type") == "thumb";
  const SampleLinks links = SampleLinks::of(call, dataset);
  std::string url = thumbnail ? links.thumbnail(sample) : "";
  if (url.empty()) url = links.image({sample.id, sample.name});
  if (url.empty()) return not_found("SAMPLE_THUMBNAME_UNKNOWN", "the image of this sample cannot be read here");
  return json_reply(url);
}

Reply<HttpResponse> write_url(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Record sample, sample_of(call, dataset));
  const char* kind = call.flag("isThumbnail") ? "thumb" : "full";
  return json_reply(call.signed_link("PUT", file_of(sample, kind)));
}

Reply<HttpResponse> write_urls(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Record sample, sample_of(call, dataset));
  return json_reply(write_urls_of(call, sample));
}

}  // namespace

int64_t sample_count(const Record& dataset) { return dataset.document.value("nSamples", int64_t{0}); }

Bitmask all_samples(const Record& dataset) { return Bitmask::first(static_cast<size_t>(sample_count(dataset))); }

json sample_data(const Record& sample) {
  json data = sample.document;
  data["id"] = sample.id;
  data["datasetId"] = sample.parent;
  data["fileName"] = sample.name;
  data["index"] = sample.position;
  data["createdAt"] = sample.created_at;
  data["lastModifiedAt"] = sample.modified_at;
  return data;
}

void add_sample_routes(Router& router) {
  const std::string base = "/v1/datasets/{datasetId}/samples";
  router.add("GET", base, get_samples);
  router.add("POST", base, create_sample);
  router.add("POST", base + "/withWriteUrls", create_with_write_urls);
  router.add("POST", base + "/many", create_many);
  router.add("GET", base + "/partial", get_partial_samples);
  router.add("GET", base + "/{sampleId}", get_sample);
  router.add("PUT", base + "/{sampleId}", update_sample);
  router.add("GET", base + "/{sampleId}/readurl", read_url);
  router.add("GET", base + "/{sampleId}/writeurl", write_url);
  router.add("GET", base + "/{sampleId}/writeurls", write_urls);
}

}  // namespace pretag
