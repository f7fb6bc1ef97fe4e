// What a job is to do, in the form that each generation of the client has for it.
#include <optional>

#include "pretag/server/call.h"
#include "pretag/server/json_fields.h"
#include "pretag/server/routes.h"

namespace pretag {
namespace {

using nlohmann::json;

// Parts that hold something have to be objects; what is in them is for the worker to understand, which can say what it
// does not know. Keys stay as they were given: snake_case in V0, camelCase afterwards.
Reply<json> checked_config(const json& body) {
  PRETAG_ASSIGN(json config, required_object(body, "config"));
  PRETAG_TRY(required_choice(config, "workerType", {"FULL"}));
  for (const char* part : {"docker", "lightly", "selection"}) {
    if (config.contains(part) && !config[part].is_null()) PRETAG_TRY(required_object(config, part));
  }
  return config;
}

Handler create_config(const char* path_version) {
  return [path_version](Call& call) -> Reply<HttpResponse> {
    PRETAG_ASSIGN(const json body, call.json_object());
    PRETAG_ASSIGN(json config, checked_config(body));
    std::string version = path_version;
    if (version == "vX") {
      PRETAG_ASSIGN(version, required_choice(body, "version", {"V0", "V2", "V3", "V4"}));
    }
    Record record = call.new_record(call.user.id, "");
    record.state = version;
    record.document = std::move(config);
    PRETAG_TRY(insert(call.sql, Table::kConfigs, record));
    return created(record.id);
  };
}

// Newer clients refuse to send pretagging_debug, so the server may have a default for it. The worker asks for vX,
// clients for the version that they know, without keys that they do not.
void add_default(json& config, const std::string& version) {
  json& docker = config["docker"];
  if (docker.is_null()) docker = json::object();
  if (docker.contains("pretagging_debug") || docker.contains("pretaggingDebug")) return;
  docker[version == "V0" ? "pretagging_debug" : "pretaggingDebug"] = true;
}

Handler get_config(bool for_worker) {
  return [for_worker](Call& call) -> Reply<HttpResponse> {
    PRETAG_ASSIGN(const Record record, own_record(call, Table::kConfigs, "configId", "DOCKER_WORKER_CONFIG_UNKNOWN",
                                                  "configuration of a worker"));
    json config = record.document;
    const bool defaults = for_worker && call.server.settings().pretagging_debug;
    if (defaults) add_default(config, record.state);
    json answer = {
        {"id", record.id}, {"version", record.state}, {"createdAt", record.created_at}, {"config", std::move(config)}};
    if (defaults) answer["configOrig"] = record.document;
    return json_reply(answer);
  };
}

}  // namespace

void add_worker_config_routes(Router& router) {
  const std::string base = "/v1/docker/worker/config";
  for (const auto& [path, version] :
       {std::pair{"", "V0"}, {"/v2", "V2"}, {"/v3", "V3"}, {"/v4", "V4"}, {"/vX", "vX"}}) {
    router.add("POST", base + path, create_config(version));
    router.add("GET", base + path + "/{configId}", get_config(std::string(version) == "vX"));
  }
}

}  // namespace pretag
