// Single files of a LOCAL data source: where they can be read, and what is known of them.
#include <sys/stat.h>

#include "pretag/server/call.h"
#include "pretag/server/local_datasource.h"
#include "pretag/server/routes.h"

namespace pretag {
namespace {

Handler file_url(std::string below) {
  return [below = std::move(below)](Call& call) -> Reply<HttpResponse> {
    PRETAG_ASSIGN(const Record datasource, datasource_of(call, "LIGHTLY"));
    PRETAG_ASSIGN(const std::string url, local_url(datasource, below + std::string(call.query("fileName"))));
    return json_reply(url);
  };
}

Reply<HttpResponse> write_url(Call& call) {
  PRETAG_TRY(datasource_of(call, "LIGHTLY"));
  return ApiError(400, "DATASET_DATASOURCE_ACTION_NOT_IMPLEMENTED",
                  "LOCAL data sources are written by the worker in its mount, not by links; a job with "
                  "pretagging_upload writes its predictions there");
}

// Links that stay good: they lead to wherever the data source is now.
Reply<HttpResponse> redirect(Call& call) {
  PRETAG_ASSIGN(const Record datasource, datasource_of(call, "INPUT"));
  PRETAG_ASSIGN(std::string url, local_url(datasource, std::string(call.query("path"))));
  return HttpResponse{.status = 302, .headers = {{"Location", std::move(url)}}};
}

// The file as the file server of the worker would find it: in the input, else in the LIGHTLY data source.
Reply<HttpResponse> head(Call& call) {
  const std::string file(call.query("fileName"));
  PRETAG_ASSIGN(const Record input, look_up_datasource(call, "INPUT"));
  PRETAG_ASSIGN(const std::string url, local_url(input, file));  // refuses names that leave the folder
  PRETAG_ASSIGN(const std::string input_folder, local_folder(call, input));
  std::vector<std::string> folders = {input_folder};
  if (const auto lightly = look_up_datasource(call, "LIGHTLY")) {
    if (auto folder = local_folder(call, *lightly)) folders.push_back(*std::move(folder));
  }
  for (const std::string& folder : folders) {
    struct stat facts {};
    if (::stat((folder + "/" + file).c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) continue;
    return json_reply({{"fileName", file},
                       {"readUrl", url},
                       {"sizeInBytes", static_cast<int64_t>(facts.st_size)},
                       {"lastModifiedAt", static_cast<int64_t>(facts.st_mtime) * 1000}});
  }
  return not_found("DATASET_DATASOURCE_INVALID", "there is no such file in the data source");
}

}  // namespace

void add_datasource_file_routes(Router& router) {
  const std::string base = "/v1/datasets/{datasetId}/datasource";
  router.add("GET", base + "/predictions/file", file_url(".lightly/predictions/"));
  router.add("GET", base + "/metadata/file", file_url(".lightly/metadata/"));
  router.add("GET", base + "/embeddings/file", file_url(".lightly/embeddings/"));
  router.add("GET", base + "/predictions/writeUrl", write_url);
  router.add("GET", base + "/fileHEAD", head).body = Route::Body::kStreamed;
  router.add("GET", base + "/readurlRedirect", redirect);
}

}  // namespace pretag
