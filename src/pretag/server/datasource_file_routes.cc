// Single files of a data source: where they can be read and written, and what is known of them.
#include <vector>

#include "pretag/server/call.h"
#include "pretag/server/datasource_place.h"
#include "pretag/server/json_fields.h"
#include "pretag/server/routes.h"
#include "pretag/util/paths.h"

namespace pretag {
namespace {

using nlohmann::json;

constexpr int64_t kWriteSeconds = 3600;

Handler file_url(std::string below) {
  return [below = std::move(below)](Call& call) -> Reply<HttpResponse> {
    PRETAG_ASSIGN(const Record datasource, datasource_of(call, "LIGHTLY"));
    PRETAG_ASSIGN(const std::string url,
                  read_url(call.server, datasource, below + std::string(call.query("fileName"))));
    return json_reply(url);
  };
}

Reply<HttpResponse> write_url(Call& call) {
  PRETAG_ASSIGN(const Record datasource, datasource_of(call, "LIGHTLY"));
  if (datasource.document["shown"]["type"] == "LOCAL") {
    return ApiError(400, "DATASET_DATASOURCE_ACTION_NOT_IMPLEMENTED",
                    "LOCAL data sources are written by the worker in its mount, not by links; a job with "
                    "pretagging_upload writes its predictions there");
  }
  const std::string file(call.query("fileName"));
  if (!stays_inside(file)) return bad_request("the file name must be relative and stay within the data source");
  PRETAG_ASSIGN(const BucketUrl folder, bucket_folder(datasource));
  PRETAG_ASSIGN(const auto signer, bucket_signer(call.server, datasource, kWriteSeconds));
  PRETAG_ASSIGN(const SignedUrl address,
                signed_address(*signer, {.method = "PUT",
                                         .bucket = folder.bucket,
                                         .key = folder.prefix() + ".lightly/predictions/" + file}));
  return json_reply(address.url);
}

// Links that stay good: they lead to wherever the data source is now.
Reply<HttpResponse> redirect(Call& call) {
  PRETAG_ASSIGN(const Record datasource, datasource_of(call, "INPUT"));
  PRETAG_ASSIGN(std::string url, read_url(call.server, datasource, std::string(call.query("path"))));
  return HttpResponse{.status = 302, .headers = {{"Location", std::move(url)}}};
}

// The file as the file server of the worker would find it: in the input, else in the LIGHTLY data source.
Reply<HttpResponse> head(Call& call) {
  const std::string file(call.query("fileName"));
  PRETAG_ASSIGN(const Record input, look_up_datasource(call, "INPUT"));
  PRETAG_ASSIGN(const std::string url, read_url(call.server, input, file));  // refuses names that leave the folder
  PRETAG_ASSIGN(const DatasourceFolder input_folder, datasource_folder(call.server, input));
  std::vector<DatasourceFolder> folders = {input_folder};
  if (const auto lightly = look_up_datasource(call, "LIGHTLY")) {
    if (auto folder = datasource_folder(call.server, *lightly)) folders.push_back(*std::move(folder));
  }
  for (const DatasourceFolder& folder : folders) {
    const auto entry = folder.files->entry(folder.path + "/" + file);
    if (!entry || !entry->is_file) continue;
    return json_reply({{"fileName", file},
                       {"readUrl", url},
                       {"sizeInBytes", static_cast<int64_t>(entry->bytes)},
                       {"lastModifiedAt", entry->modified * 1000}});
  }
  return not_found("DATASET_DATASOURCE_INVALID", "there is no such file in the data source");
}

// What a listing may be asked for.
bool is_of_listings(const std::string& key, const std::string& value) {
  const bool of_azure = (key == "restype" && value == "container") || (key == "comp" && value == "list") ||
                        key == "maxresults" || key == "marker";
  return of_azure || key == "list-type" || key == "encoding-type" || key == "prefix" || key == "delimiter" ||
         key == "max-keys" || key == "continuation-token";
}

bool is_of_one_entry(const json& query) {
  const bool goes_on = query.contains("continuation-token") || query.contains("marker");
  return !goes_on && (query.value("max-keys", "") == "1" || query.value("maxresults", "") == "1");
}

// A request to the bucket of a data source, as the worker wants to send it: {"purpose", "method", "key", "query"}. The
// worker has no credentials of its own, and gets addresses for what belongs to the data source only.
Reply<HttpResponse> signed_url(Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(const std::string purpose, required_choice(body, "purpose", {"INPUT", "LIGHTLY"}));
  PRETAG_ASSIGN(const std::string method, required_choice(body, "method", {"GET", "PUT", "DELETE"}));
  PRETAG_ASSIGN(const Record datasource, look_up_datasource(call, purpose));
  PRETAG_ASSIGN(const BucketUrl folder, bucket_folder(datasource));
  BucketRequest request{.method = method, .bucket = folder.bucket};
  PRETAG_ASSIGN(const auto key, optional_text(body, "key", {.longest = 8192, .any_characters = true}));
  request.key = key.value_or("");
  const json query = body.value("query", json::object());
  if (!query.is_object()) return bad_request("'query' must be an object");
  std::string prefix;
  for (const auto& [name, value] : query.items()) {
    if (!value.is_string() || !is_of_listings(name, value.get<std::string>()))
      return bad_request("'query' is not that of a listing");
    if (name == "prefix") prefix = value.get<std::string>();
    request.query.emplace_back(name, value.get<std::string>());
  }
  const bool lists = request.key.empty();
  if (lists && method != "GET") return bad_request("'key' is missing");
  if (!lists && !query.empty()) return bad_request("'query' is for listings, which have no 'key'");
  const std::string& name = lists ? prefix : request.key;
  // Whether the data source is itself a file is asked with its name as the prefix, for one entry.
  const bool asks_for_itself = lists && name == folder.key && is_of_one_entry(query);
  const bool is_inside = name.starts_with(folder.prefix()) || asks_for_itself;
  if (!is_inside || (!lists && !stays_inside(name))) {
    return ApiError(403, "FORBIDDEN", "that is not in the data source");
  }
  if (method != "GET" && datasource.name == "INPUT") return ApiError(403, "FORBIDDEN", "inputs are only read");
  PRETAG_ASSIGN(const auto signer, bucket_signer(call.server, datasource, kWriteSeconds));
  PRETAG_ASSIGN(const SignedUrl address, signed_address(*signer, request));
  return json_reply({{"url", address.url}, {"headers", address.headers}});
}

}  // namespace

void add_datasource_file_routes(Router& router) {
  const std::string base = "/v1/datasets/{datasetId}/datasource";
  router.add("GET", base + "/predictions/file", file_url(".lightly/predictions/"));
  router.add("GET", base + "/metadata/file", file_url(".lightly/metadata/"));
  router.add("GET", base + "/embeddings/file", file_url(".lightly/embeddings/"));
  router.add("GET", base + "/predictions/writeUrl", write_url);
  router.add("POST", base + "/signedUrl", signed_url).body = Route::Body::kTextAlone;  // it may wait for a role
  router.add("GET", base + "/fileHEAD", head).body = Route::Body::kStreamed;
  router.add("GET", base + "/readurlRedirect", redirect);
}

}  // namespace pretag
