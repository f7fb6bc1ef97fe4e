// Tags: named subsets of a dataset's samples.
#include <regex>

#include "pretag/server/bitmask.h"
#include "pretag/server/call.h"
#include "pretag/server/json_fields.h"
#include "pretag/server/routes.h"
#include "pretag/server/samples.h"
#include "pretag/server/tag_data.h"
#include "pretag/server/tags.h"

namespace pretag {
namespace {

using nlohmann::json;

Reply<std::string> checked_name(std::string name) {
  static const std::regex kName("[a-zA-Z0-9][a-zA-Z0-9 .:;=@_-]+");
  if (name.size() >= 3 && name.size() <= 200 && std::regex_match(name, kName)) return name;
  return bad_request("the name of a tag must have 3 characters or more, of letters, digits, spaces and .:;=@_-");
}

// The tag that the same call of this run has made before, whose answer was lost on its way, or none. 400 for another's.
Reply<std::optional<std::string>> tag_made_before(const Call& call, const Record& dataset, const std::string& name,
                                                  const std::optional<std::string>& run) {
  PRETAG_ASSIGN(const auto same, find_first(call.sql, Table::kTags, {.parent = dataset.id, .name = name}));
  if (!same) return std::optional<std::string>();
  if (run && same->document.value("runId", "") == *run) return std::optional(same->id);
  return ApiError(400, "TAG_NAME_EXISTS", "the dataset has a tag of this name already");
}

Reply<std::optional<Record>> initial_tag(const Call& call, const Record& dataset) {
  PRETAG_ASSIGN(auto oldest, find_first(call.sql, Table::kTags, {.parent = dataset.id}));
  return oldest;
}

// An id of a tag of this dataset, or none.
Reply<std::optional<std::string>> tag_reference(const Call& call, const Record& dataset, const json& body,
                                                const char* key, const char* code) {
  PRETAG_ASSIGN(auto id, optional_id(body, key));
  if (!id) return id;
  PRETAG_ASSIGN(const auto tag, find(call.sql, Table::kTags, *id));
  if (tag && tag->parent == dataset.id) return id;
  return ApiError(400, code, std::string("'") + key + "' is no tag of this dataset");
}

Reply<std::string> insert_tag(const Call& call, const Record& dataset, const std::string& name, const Bitmask& samples,
                              json document) {
  document["bitMaskData"] = samples.text();
  document["totSize"] = sample_count(dataset);
  Record tag = call.new_record(dataset.id, name);
  tag.document = std::move(document);
  tag.state = std::to_string(samples.count());
  PRETAG_TRY(insert(call.sql, Table::kTags, tag));
  return tag.id;
}

// A run that is taken up again may have selected other samples than before: its tag is of the last time.
Status set_samples(const Call& call, const Record& dataset, const std::string& tag_id, const Bitmask& samples) {
  PRETAG_ASSIGN(auto tag, find(call.sql, Table::kTags, tag_id));
  tag->document["bitMaskData"] = samples.text();
  tag->document["totSize"] = sample_count(dataset);
  tag->state = std::to_string(samples.count());
  tag->modified_at = call.server.now_ms();
  PRETAG_TRY(update(call.sql, Table::kTags, *tag));
  return {};
}

// ?withoutMasks=True is for workers, which want none of them: a digit for each four samples, in every tag.
Reply<HttpResponse> get_tags(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  const bool without_masks = call.flag("withoutMasks");
  JsonArray answer;
  PRETAG_TRY(visit(call.sql, Table::kTags, {.parent = dataset.id, .newest_first = true}, [&](Record&& tag) {
    if (without_masks) tag.document.erase("bitMaskData");
    return answer.add(tag_data(tag)), Status();
  }));
  return answer.reply();
}

Reply<HttpResponse> get_tag(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Record tag, tag_of(call, dataset));
  return json_reply(tag_data(tag));
}

Reply<HttpResponse> create_tag(Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(const std::string given_name, required_text(body, "name"));
  PRETAG_ASSIGN(const std::string name, checked_name(given_name));
  PRETAG_ASSIGN(const std::string mask_text, required_text(body, "bitMaskData", {3, 16u << 20}));
  PRETAG_ASSIGN(const Bitmask samples, Bitmask::parse(mask_text));
  PRETAG_ASSIGN(const auto run, optional_id(body, "runId"));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const auto made_before, tag_made_before(call, dataset, name, run));
  if (samples.size() > static_cast<size_t>(sample_count(dataset))) {
    return ApiError(400, "DATASET_TAG_INVALID", "'bitMaskData' has samples that the dataset does not have");
  }
  if (made_before) {
    PRETAG_TRY(set_samples(call, dataset, *made_before, samples));
    PRETAG_TRY(transaction.commit());
    return created(*made_before);
  }
  json document = {{"prevTagId", nullptr}};
  PRETAG_ASSIGN(const auto before, tag_reference(call, dataset, body, "prevTagId", "TAG_PREVTAG_NOT_IN_DATASET"));
  if (before) document["prevTagId"] = *before;
  for (const auto& [key, code] : {std::pair{"queryTagId", "TAG_QUERYTAG_NOT_IN_DATASET"},
                                  {"preselectedTagId", "TAG_PRESELECTEDTAG_NOT_IN_DATASET"}}) {
    PRETAG_ASSIGN(const auto reference, tag_reference(call, dataset, body, key, code));
    if (reference) document[key] = *reference;
  }
  if (run) document["runId"] = *run;
  PRETAG_ASSIGN(const std::string id, insert_tag(call, dataset, name, samples, std::move(document)));
  PRETAG_TRY(transaction.commit());
  return created(id);
}

// All samples there are. For the same run a second time it is the tag that the first time made.
Reply<HttpResponse> create_initial_tag(Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(const auto given_name, optional_text(body, "name"));
  PRETAG_ASSIGN(const std::string name, checked_name(given_name.value_or("initial-tag")));
  PRETAG_ASSIGN(const auto image_type, optional_choice(body, "imgType", {"full", "thumbnail", "meta"}));
  PRETAG_ASSIGN(const auto run, optional_id(body, "runId"));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const auto existing, initial_tag(call, dataset));
  if (existing) {
    if (run && existing->document.value("runId", "") == *run) return created(existing->id);
    return ApiError(400, "TAG_INITIAL_EXISTS", "the dataset has an initial tag already");
  }
  json document = {{"prevTagId", nullptr}};
  if (run) document["runId"] = *run;
  const Bitmask all = Bitmask::first(static_cast<size_t>(sample_count(dataset)));
  PRETAG_ASSIGN(const std::string id, insert_tag(call, dataset, name, all, std::move(document)));
  if (image_type) {
    dataset.document["imgType"] = *image_type;
    PRETAG_TRY(update(call.sql, Table::kDatasets, dataset));
  }
  PRETAG_TRY(transaction.commit());
  return created(id);
}

// After samples were added to a dataset that has tags: the tags keep their samples and know of the new number, and a
// new tag has them all. It is based on the initial one, not on what a user made, who may want to delete that. For the
// same run a second time it is the tag that the first time made, with what has come since.
Reply<HttpResponse> upsize_tags(Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(const std::string given_name, required_text(body, "upsizeTagName"));
  PRETAG_ASSIGN(const std::string name, checked_name(given_name));
  PRETAG_ASSIGN(const auto run, optional_id(body, "runId"));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const auto made_before, tag_made_before(call, dataset, name, run));
  PRETAG_ASSIGN(auto tags, list(call.sql, Table::kTags, {.parent = dataset.id}));
  if (tags.empty()) return ApiError(400, "TAG_NO_TAG_IN_DATASET", "the dataset has no tag yet; create the initial one");
  for (Record& tag : tags) {
    tag.document["totSize"] = sample_count(dataset);
    tag.modified_at = call.server.now_ms();
    PRETAG_TRY(update(call.sql, Table::kTags, tag));
  }
  const Bitmask all = Bitmask::first(static_cast<size_t>(sample_count(dataset)));
  std::string id = made_before.value_or("");
  if (made_before) {
    PRETAG_TRY(set_samples(call, dataset, id, all));
  } else {
    json document = {{"prevTagId", tags.front().id}};
    if (run) document["runId"] = *run;
    PRETAG_ASSIGN(id, insert_tag(call, dataset, name, all, std::move(document)));
  }
  PRETAG_TRY(transaction.commit());
  return created(id);
}

Reply<HttpResponse> delete_tag(Call& call) {
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Record tag, tag_of(call, dataset));
  PRETAG_ASSIGN(const auto tags, list(call.sql, Table::kTags, {.parent = dataset.id}));
  if (tags.front().id == tag.id) {
    return ApiError(400, "TAG_UNDELETABLE_IS_INITIAL", "the initial tag cannot be deleted");
  }
  for (const Record& other : tags) {
    if (other.document["prevTagId"] == tag.id) {
      return ApiError(400, "TAG_UNDELETABLE_NOT_A_LEAF", "another tag is based on this one; delete that first");
    }
  }
  PRETAG_TRY(remove(call.sql, Table::kTags, tag.id));
  PRETAG_TRY(transaction.commit());
  return no_content();
}

}  // namespace

Reply<Record> tag_of(const Call& call, const Record& dataset) {
  return child_of(call, Table::kTags, "tagId", dataset.id, "TAG_UNKNOWN", "tag in this dataset");
}

json tag_data(const Record& tag) {
  json data = tag.document;
  data["id"] = tag.id;
  data["datasetId"] = tag.parent;
  data["name"] = tag.name;
  data["createdAt"] = tag.created_at;
  data["lastModifiedAt"] = tag.modified_at;
  data["changes"] = json::array();
  return data;
}

void add_tag_routes(Router& router) {
  const std::string base = "/v1/datasets/{datasetId}/tags";
  router.add("GET", base, get_tags);
  router.add("POST", base, create_tag);
  router.add("POST", base + "/initial", create_initial_tag);
  router.add("POST", base + "/upsize", upsize_tags);
  router.add("GET", base + "/{tagId}", get_tag);
  router.add("DELETE", base + "/{tagId}", delete_tag);
}

}  // namespace pretag
