// The file names or ids of all samples of a dataset: entry i belongs to bit i of the tags.
#include "pretag/server/routes.h"
#include "pretag/server/samples.h"

namespace pretag {
namespace {

Reply<HttpResponse> get_mappings(Call& call) {
  const std::string_view field = call.query("field");
  if (field != "fileName" && field != "_id") return bad_request("'field' must be fileName or _id");
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Page page, call.page());
  JsonArray answer;
  PRETAG_TRY(visit_sample_names(call, dataset, all_samples(dataset), page, [&](const SampleName& sample) {
    answer.add(field == "_id" ? sample.id : sample.file);
    return Status();
  }));
  return answer.reply();
}

}  // namespace

void add_mapping_routes(Router& router) { router.add("GET", "/v1/datasets/{datasetId}/mappings", get_mappings); }

}  // namespace pretag
