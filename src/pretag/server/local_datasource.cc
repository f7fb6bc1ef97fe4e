#include "pretag/server/local_datasource.h"

#include <algorithm>

#include "pretag/server/http_target.h"
#include "pretag/util/percent.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

Reply<Done> check_local(const Record& datasource) {
  const std::string type = datasource.document["shown"]["type"].get<std::string>();
  if (type == "LOCAL") return Done();
  return ApiError(400, "DATASET_DATASOURCE_ACTION_NOT_IMPLEMENTED",
                  "data sources of type " + type + " are stored, but cannot be read yet; use LOCAL");
}

bool stays_inside(const std::string& file) {
  return std::ranges::none_of(split(file, '/'),
                              [](const std::string& part) { return part.empty() || part == "." || part == ".."; });
}

}  // namespace

Reply<Record> look_up_datasource(const Call& call, std::string_view purpose) {
  PRETAG_ASSIGN(const auto sql, call.server.database().connect());
  return datasource_of({call.request, call.parameters, call.user, *sql, call.server}, purpose);
}

Reply<std::string> local_folder(const Call& call, const Record& datasource) {
  PRETAG_TRY(check_local(datasource));
  const ServerSettings& settings = call.server.settings();
  const bool is_lightly = datasource.name == "LIGHTLY";
  const std::string& root = is_lightly ? settings.lightly_dir : settings.input_dir;
  if (root.empty()) {
    return ApiError(400, "DATASET_DATASOURCE_ACTION_NOT_IMPLEMENTED",
                    std::string("this server does not see the folder, only the worker does; start it with ") +
                        (is_lightly ? "--lightly-dir" : "--input-dir"));
  }
  const std::string path = datasource.document["shown"]["fullPath"].get<std::string>();
  return path.empty() ? root : root + "/" + path;
}

Reply<std::string> local_url(const Record& datasource, const std::string& file) {
  PRETAG_TRY(check_local(datasource));
  if (!stays_inside(file)) return bad_request("the file name must be relative and stay within the data source");
  std::string url = datasource.document["shown"]["webServerLocation"].get<std::string>();
  while (url.ends_with('/')) url.pop_back();
  const std::string path = datasource.document["shown"]["fullPath"].get<std::string>();
  if (!path.empty()) url += "/" + percent_encode(path, true);
  return url + "/" + percent_encode(file, true);
}

}  // namespace pretag
