// The file names or ids of all samples of a dataset: entry i belongs to bit i of the tags.
#include "pretag/server/routes.h"
#include "pretag/server/sample_list.h"
#include "pretag/server/samples.h"

namespace pretag {
namespace {

Reply<HttpResponse> get_mappings(Call& call) {
  const std::string_view field = call.query("field");
  if (field != "fileName" && field != "_id") return bad_request("'field' must be fileName or _id");
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Page page, call.page());
  const bool ids = field == "_id";
  const auto entry = [ids](const SampleName& sample) { return json_dump(ids ? sample.id : sample.file); };
  return answer_with(call, {all_samples(dataset), page, read_names(dataset, entry)});
}

}  // namespace

void add_mapping_routes(Router& router) { router.add("GET", "/v1/datasets/{datasetId}/mappings", get_mappings); }

}  // namespace pretag
