#include <algorithm>
#include <cmath>
#include <utility>

#include "pretag/util/percent.h"
#include "pretag/worker/api_client.h"
#include "pretag/worker/api_json.h"

namespace pretag {
namespace {

using nlohmann::json;

std::string dataset_path(const std::string& dataset_id, const std::string& rest) {
  return "/v1/datasets/" + percent_encode(dataset_id) + rest;
}

constexpr char kCreator[] = "USER_WORKER";
constexpr int kColours = 3;

// The API wants lists whose lengths differ from page to page to end: this many entries are asked for at once.
constexpr size_t kPage = 25'000;

// Of one request: each sample may have a MiB of it, and servers do not take requests of any size.
constexpr size_t kMostCustomMetadata = size_t{8} << 20;  // bytes

// To six digits, which is more than scores are good for and half of what they would take to send.
std::vector<double> rounded(std::vector<double> values) {
  constexpr double kDigits = 1e6;
  for (double& value : values) value = std::round(value * kDigits) / kDigits;
  return values;
}

json crop_data(const CropRecord& crop) {
  return {{"parentId", crop.parent_id},
          {"predictionUUIDTimestamp", crop.time_ms},
          {"predictionIndex", crop.index},
          {"predictionTaskName", crop.task},
          {"predictionTaskCategoryId", crop.category_id},
          {"predictionTaskScore", std::clamp(crop.score, 0.0F, 1.0F)}};
}

// What a sample is told to be.
json facts_of(const SampleRecord& sample) {
  const ImageInfo& image = sample.image;
  json facts = {{"fileName", image.filename},
                {"metaData",
                 {{"sharpness", image.quality.sharpness},
                  {"luminance", image.quality.luminance},
                  {"snr", image.quality.snr},
                  {"uniformRowRatio", image.quality.uniform_row_ratio},
                  {"sizeInBytes", image.bytes},
                  {"shape", {image.height, image.width, kColours}}}}};
  if (!sample.thumbnail.empty()) facts["thumbName"] = sample.thumbnail;
  if (const auto& frame = sample.frame) {
    facts["videoFrameData"] = {{"sourceVideo", frame->source_video}, {"sourceVideoFrameIndex", frame->index}};
    if (frame->seconds) facts["videoFrameData"]["sourceVideoFrameTimestamp"] = *frame->seconds;
  }
  if (sample.crop) facts["cropData"] = crop_data(*sample.crop);
  if (!sample.custom_metadata.empty()) facts["customMetaData"] = json::parse(sample.custom_metadata, nullptr, false);
  return facts;
}

float real_of(const json& object, const char* key) {
  const json value = object.value(key, json());
  return value.is_number() ? value.get<float>() : 0;
}

// What facts_of() says of an image; other servers may leave out any of it.
ImageInfo read_meta_data(const json& meta) {
  ImageInfo image;
  if (!meta.is_object()) return image;
  const json shape = meta.value("shape", json());
  const auto is_side = [](const json& side) { return side.is_number_integer() && side >= 0 && side <= INT32_MAX; };
  if (shape.is_array() && shape.size() == 3 && std::ranges::all_of(shape, is_side)) {
    image.height = shape[0].get<int>();
    image.width = shape[1].get<int>();
  }
  image.bytes = static_cast<uint64_t>(std::max<int64_t>(0, number_of(meta, "sizeInBytes")));
  image.quality = {.luminance = real_of(meta, "luminance"),
                   .sharpness = real_of(meta, "sharpness"),
                   .snr = real_of(meta, "snr"),
                   .uniform_row_ratio = real_of(meta, "uniformRowRatio")};
  return image;
}

DatasetRecord dataset_record(const json& answer) {
  return {text_of(answer, "id"), text_of(answer, "name"), text_of(answer, "type"), text_of(answer, "parentDatasetId")};
}

Query moment(int64_t time_ms) { return {{"predictionUUIDTimestamp", std::to_string(time_ms)}}; }

}  // namespace

Result<DatasetRecord> ApiClient::dataset(const std::string& dataset_id) const {
  const std::string path = dataset_path(dataset_id, "");
  PRETAG_ASSIGN(const json answer, get_json(transport_, path));
  DatasetRecord dataset = dataset_record(answer);
  if (dataset.id.empty()) return unexpected("GET " + path);
  return dataset;
}

Result<std::optional<DatasetRecord>> ApiClient::dataset_named(const std::string& name) const {
  const std::string path = "/v1/datasets/query/name/" + percent_encode(name);
  PRETAG_ASSIGN(const json answer, get_json(transport_, path, {{"shared", "False"}, {"exact", "True"}}));
  if (!answer.is_array()) return unexpected("GET " + path);
  for (const json& entry : answer) {
    DatasetRecord dataset = dataset_record(entry);
    if (dataset.name == name && !dataset.id.empty()) return std::optional(std::move(dataset));
  }
  return std::optional<DatasetRecord>();
}

Result<std::string> ApiClient::create_dataset(const DatasetRecord& dataset) const {
  json body = {{"name", dataset.name}, {"type", dataset.type}, {"creator", kCreator}};
  if (!dataset.parent_id.empty()) body["parentDatasetId"] = dataset.parent_id;
  return create(transport_, "/v1/datasets", body);
}

Result<std::vector<std::string>> ApiClient::mapping(const std::string& dataset_id, const std::string& field) const {
  const std::string path = dataset_path(dataset_id, "/mappings");
  std::vector<std::string> all;
  for (;;) {
    const Query query = {
        {"field", field}, {"pageSize", std::to_string(kPage)}, {"pageOffset", std::to_string(all.size())}};
    PRETAG_ASSIGN(const json answer, get_json(transport_, path, query));
    if (!answer.is_array()) return unexpected("GET " + path);
    std::vector<std::string> page = texts_of(answer);
    if (page.size() != answer.size()) return unexpected("GET " + path);
    all.insert(all.end(), page.begin(), page.end());
    if (page.size() < kPage) return all;
  }
}

Status ApiClient::put_samples(const std::string& dataset_id, const std::vector<SampleRecord>& samples) const {
  for (size_t first = 0, end = 0; first < samples.size(); first = end) {
    size_t bytes = 0;
    do {
      bytes += samples[end++].custom_metadata.size();
    } while (end < samples.size() && bytes + samples[end].custom_metadata.size() <= kMostCustomMetadata);
    PRETAG_TRY(put_some_samples(dataset_id, std::span(samples).subspan(first, end - first)));
  }
  return {};
}

Status ApiClient::put_some_samples(const std::string& dataset_id, std::span<const SampleRecord> samples) const {
  json list = json::array();
  for (const SampleRecord& sample : samples) list.push_back(facts_of(sample));
  const std::string path = dataset_path(dataset_id, "/samples/many");
  const std::string body = json{{"samples", std::move(list)}}.dump(-1, ' ', false, json::error_handler_t::replace);
  const auto told = transport_.call({.method = "POST", .path = path, .body = body});
  if (told) return {};
  if (told.error().code != ErrorCode::kNotFound) return told.error();
  for (const SampleRecord& sample : samples) PRETAG_TRY(put_sample(dataset_id, sample));
  return {};
}

Status ApiClient::put_sample(const std::string& dataset_id, const SampleRecord& sample) const {
  const json facts = facts_of(sample);
  if (!sample.id.empty())
    return put(transport_, dataset_path(dataset_id, "/samples/" + percent_encode(sample.id)), facts);
  PRETAG_TRY(create(transport_, dataset_path(dataset_id, "/samples/withWriteUrls"), facts));
  return {};
}

Result<SampleRecord> ApiClient::sample(const std::string& dataset_id, const std::string& sample_id) const {
  const std::string path = dataset_path(dataset_id, "/samples/" + percent_encode(sample_id));
  PRETAG_ASSIGN(const json answer, get_json(transport_, path));
  if (!answer.is_object()) return unexpected("GET " + path);
  SampleRecord sample{.id = sample_id,
                      .image = read_meta_data(answer.value("metaData", json())),
                      .thumbnail = text_of(answer, "thumbName")};
  sample.image.filename = text_of(answer, "fileName");
  const json crop = answer.value("cropData", json());
  if (!crop.is_object()) return sample;
  sample.crop = {.parent_id = text_of(crop, "parentId"),
                 .time_ms = number_of(crop, "predictionUUIDTimestamp"),
                 .index = number_of(crop, "predictionIndex"),
                 .task = text_of(crop, "predictionTaskName"),
                 .category_id = number_of(crop, "predictionTaskCategoryId"),
                 .score = real_of(crop, "predictionTaskScore")};
  return sample;
}

Result<std::vector<std::string>> ApiClient::metadata_configurations(const std::string& dataset_id) const {
  const std::string path = dataset_path(dataset_id, "/configuration/metadata");
  PRETAG_ASSIGN(const json answer, get_json(transport_, path));
  if (!answer.is_array()) return unexpected("GET " + path);
  std::vector<std::string> configurations;
  for (const json& configuration : answer) {
    const json fields = configuration.is_object() ? configuration.value("configs", json()) : json();
    configurations.push_back(fields.dump(-1, ' ', false, json::error_handler_t::replace));
  }
  return configurations;
}

Status ApiClient::create_metadata_configuration(const std::string& dataset_id, const std::string& name,
                                                const std::string& fields) const {
  PRETAG_TRY(create(transport_, dataset_path(dataset_id, "/configuration/metadata"),
                    {{"name", name}, {"configs", json::parse(fields, nullptr, false)}}));
  return {};
}

Result<std::vector<TagRecord>> ApiClient::tags(const std::string& dataset_id) const {
  const std::string path = dataset_path(dataset_id, "/tags");
  PRETAG_ASSIGN(const json answer, get_json(transport_, path, {{"withoutMasks", "True"}}));
  if (!answer.is_array()) return unexpected("GET " + path);
  std::vector<TagRecord> tags;
  for (const json& tag : answer) {
    tags.push_back({text_of(tag, "id"), text_of(tag, "name"), text_of(tag, "runId"), number_of(tag, "totSize")});
  }
  return tags;
}

Result<std::vector<bool>> ApiClient::tag_bits(const std::string& dataset_id, const std::string& tag_id) const {
  PRETAG_ASSIGN(const json tag, get_json(transport_, dataset_path(dataset_id, "/tags/" + percent_encode(tag_id))));
  return bits_of(text_of(tag, "bitMaskData"));
}

Status ApiClient::create_initial_tag(const std::string& dataset_id, const std::string& run_id) const {
  PRETAG_TRY(create(transport_, dataset_path(dataset_id, "/tags/initial"),
                    {{"name", "initial-tag"}, {"creator", kCreator}, {"imgType", "full"}, {"runId", run_id}}));
  return {};
}

Status ApiClient::upsize_tags(const std::string& dataset_id, const std::string& name, const std::string& run_id) const {
  PRETAG_TRY(create(transport_, dataset_path(dataset_id, "/tags/upsize"),
                    {{"upsizeTagName", name}, {"upsizeTagCreator", kCreator}, {"runId", run_id}}));
  return {};
}

Status ApiClient::create_tag(const std::string& dataset_id, const NewTag& tag) const {
  PRETAG_TRY(create(transport_, dataset_path(dataset_id, "/tags"),
                    {{"name", tag.name},
                     {"prevTagId", tag.previous_id},
                     {"bitMaskData", tag.bit_mask},
                     {"totSize", tag.total},
                     {"creator", kCreator},
                     {"runId", tag.run_id}}));
  return {};
}

// The newest last, whichever way the server lists them.
Result<std::vector<EmbeddingRecord>> ApiClient::embeddings(const std::string& dataset_id) const {
  const std::string path = dataset_path(dataset_id, "/embeddings");
  PRETAG_ASSIGN(json answer, get_json(transport_, path));
  if (!answer.is_array()) return unexpected("GET " + path);
  std::ranges::stable_sort(answer.get_ref<json::array_t&>(), {},
                           [](const json& entry) { return number_of(entry, "createdAt"); });
  std::vector<EmbeddingRecord> embeddings;
  for (const json& entry : answer) {
    const bool processed = entry.is_object() && entry.value("isProcessed", json()) == json(true);
    embeddings.push_back({text_of(entry, "id"), text_of(entry, "name"), processed});
  }
  return embeddings;
}

Status ApiClient::upload_embeddings(const std::string& dataset_id, const std::string& name, const std::string& path,
                                    int64_t rows) const {
  const std::string ask_for = dataset_path(dataset_id, "/embeddings/writeCSVUrl");
  PRETAG_ASSIGN(const json answer, get_json(transport_, ask_for, {{"name", name}}));
  const std::string id = text_of(answer, "embeddingId"), url = text_of(answer, "signedWriteUrl");
  if (id.empty() || url.empty()) return unexpected("GET " + ask_for);
  PRETAG_TRY(transport_.upload_file(url, path, "the embeddings"));
  return put(transport_, dataset_path(dataset_id, "/embeddings/" + percent_encode(id) + "/isProcessed"),
             {{"rowCount", rows}});
}

Result<std::string> ApiClient::embeddings_csv(const std::string& dataset_id, const EmbeddingRecord& embedding,
                                              size_t max_bytes) const {
  const std::string path = dataset_path(dataset_id, "/embeddings/" + percent_encode(embedding.id) + "/readCSVUrl");
  PRETAG_ASSIGN(const json url, get_json(transport_, path));
  if (!url.is_string()) return unexpected("GET " + path);
  return transport_.download(url.get<std::string>(), max_bytes, "the embeddings");
}

int64_t ApiClient::TaskUpload::category_of(const std::string& label) const {
  return std::ranges::find(classes, label) - classes.begin();
}

Status ApiClient::create_prediction_task(const std::string& dataset_id, const TaskUpload& task) const {
  json categories = json::array();
  for (size_t i = 0; i < task.classes.size(); ++i) categories.push_back({{"id", i}, {"name", task.classes[i]}});
  const json body = {{"name", task.name}, {"type", "OBJECT_DETECTION"}, {"categories", categories}};
  PRETAG_TRY(transport_.call({.method = "POST",
                              .path = dataset_path(dataset_id, "/predictions/tasks"),
                              .query = moment(task.time_ms),
                              .body = body.dump(-1, ' ', false, json::error_handler_t::replace)}));
  return {};
}

Status ApiClient::upload_predictions(const std::string& dataset_id, const std::string& sample_id, int64_t time_ms,
                                     const std::vector<SamplePredictions>& predictions) const {
  json body = json::array();
  for (const SamplePredictions& of_task : predictions) {
    int64_t index = 0;
    for (const Detection& detection : of_task.detections) {
      const auto crop = of_task.crops.sample_ids.find(index++);
      const Box& box = detection.box_in_image;
      json& object = body.emplace_back(json{{"type", "OBJECT_DETECTION"},
                                            {"taskName", of_task.task.name},
                                            {"categoryId", of_task.task.category_of(detection.label)},
                                            {"score", std::clamp(detection.score, 0.0F, 1.0F)},
                                            {"bbox", {box.x1, box.y1, box.x2 - box.x1, box.y2 - box.y1}}});
      if (crop == of_task.crops.sample_ids.end()) continue;
      object["cropDatasetId"] = of_task.crops.dataset_id;
      object["cropSampleId"] = crop->second;
    }
  }
  PRETAG_TRY(transport_.call({.method = "POST",
                              .path = dataset_path(dataset_id, "/predictions/samples/" + percent_encode(sample_id)),
                              .query = moment(time_ms),
                              .body = body.dump(-1, ' ', false, json::error_handler_t::replace)}));
  return {};
}

Status ApiClient::upload_scores(const std::string& dataset_id, const TaskUpload& task, const std::string& score,
                                const std::vector<double>& values) const {
  Query query = moment(task.time_ms);
  query.emplace_back("taskName", task.name);
  const json body = {{"scoreType", score}, {"scores", rounded(values)}};
  PRETAG_TRY(transport_.call({.method = "POST",
                              .path = dataset_path(dataset_id, "/predictions/scores"),
                              .query = query,
                              .body = body.dump()}));
  return {};
}

Result<std::vector<double>> ApiClient::earlier_scores(const std::string& dataset_id, const TaskUpload& task,
                                                      const std::string& score) const {
  const std::string path = dataset_path(dataset_id, "/predictions/scores");
  PRETAG_ASSIGN(const json sets, get_json(transport_, path, {{"taskName", task.name}}));
  if (!sets.is_array()) return unexpected("GET " + path);
  std::string newest;
  int64_t newest_time = 0;
  for (const json& set : sets) {
    const int64_t time = number_of(set, "predictionUUIDTimestamp");
    if (text_of(set, "scoreType") != score || time >= task.time_ms || time <= newest_time) continue;
    newest_time = time;
    newest = text_of(set, "id");
  }
  if (newest.empty()) return std::vector<double>();
  PRETAG_ASSIGN(const json answer, get_json(transport_, path + "/" + percent_encode(newest)));
  const json scores = answer.is_object() ? answer.value("scores", json()) : json();
  const auto is_number = [](const json& value) { return value.is_number(); };
  if (!scores.is_array() || !std::ranges::all_of(scores, is_number)) return unexpected("GET " + path + "/" + newest);
  return scores.get<std::vector<double>>();
}

Result<std::vector<bool>> bits_of(std::string_view bit_mask) {
  const Error wrong{ErrorCode::kCorrupt, "a bit mask of the server is not 0x and hexadecimal digits"};
  if (!bit_mask.starts_with("0x") || bit_mask.size() == 2) return wrong;
  std::vector<bool> bits;
  for (size_t i = bit_mask.size(); i-- > 2;) {
    const size_t digit = std::string_view("0123456789abcdef").find(bit_mask[i]);
    if (digit == std::string_view::npos) return wrong;
    for (size_t bit = 0; bit < 4; ++bit) bits.push_back((digit >> bit & 1) != 0);
  }
  return bits;
}

std::string bit_mask(const std::vector<bool>& bits) {
  std::string digits;  // the lowest first
  for (size_t i = 0; i < bits.size(); i += 4) {
    unsigned digit = 0;
    for (size_t bit = 0; bit < 4 && i + bit < bits.size(); ++bit) digit |= (bits[i + bit] ? 1U : 0U) << bit;
    digits += "0123456789abcdef"[digit];
  }
  while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
  if (digits.empty()) digits = "0";
  std::ranges::reverse(digits);
  return "0x" + digits;
}

}  // namespace pretag
