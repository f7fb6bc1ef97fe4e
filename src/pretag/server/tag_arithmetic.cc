// Sets of samples out of two tags.
#include "pretag/server/bitmask.h"
#include "pretag/server/call.h"
#include "pretag/server/json_fields.h"
#include "pretag/server/routes.h"
#include "pretag/server/sample_list.h"

namespace pretag {
namespace {

using nlohmann::json;

Reply<Bitmask> mask_of(const Call& call, const Record& dataset, const json& body, const char* key) {
  PRETAG_ASSIGN(const std::string id, required_id(body, key));
  PRETAG_ASSIGN(const auto tag, find(call.sql, Table::kTags, id));
  if (!tag || tag->parent != dataset.id) return not_found("TAG_UNKNOWN", "there is no such tag in this dataset");
  PRETAG_ASSIGN(Bitmask mask, Bitmask::parse(tag->document["bitMaskData"].get<std::string>()));
  return mask;
}

Reply<Bitmask> combined(const Call& call, const Record& dataset) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(const std::string operation,
                required_choice(body, "operation", {"UNION", "INTERSECTION", "DIFFERENCE"}));
  PRETAG_ASSIGN(const Bitmask a, mask_of(call, dataset, body, "tagId1"));
  PRETAG_ASSIGN(const Bitmask b, mask_of(call, dataset, body, "tagId2"));
  return operation == "UNION" ? a | b : operation == "INTERSECTION" ? a & b : a - b;
}

Reply<HttpResponse> bitmask(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Bitmask mask, combined(call, dataset));
  return json_reply({{"bitMaskData", mask.text()}});
}

Reply<HttpResponse> file_names(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(Bitmask mask, combined(call, dataset));
  const auto entry = [](const SampleName& sample) { return json_dump(sample.file); };
  return answer_with(call, {std::move(mask), {}, read_names(dataset, entry)});
}

}  // namespace

void add_tag_arithmetic_routes(Router& router) {
  router.add("POST", "/v1/datasets/{datasetId}/tags/arithmetics/bitmask", bitmask);
  router.add("POST", "/v1/datasets/{datasetId}/tags/arithmetics", file_names);
}

}  // namespace pretag
