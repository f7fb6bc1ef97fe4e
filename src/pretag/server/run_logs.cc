// The log of a run, as it is written.

#include "pretag/server/json_fields.h"
#include "pretag/server/leases.h"
#include "pretag/server/routes.h"
#include "pretag/server/runs.h"
#include "pretag/util/number.h"

namespace pretag {
namespace {

using nlohmann::json;

constexpr size_t kMaxEntries = 10'000;  // of a request
constexpr int64_t kPageEntries = 1'000;

// A line may hold anything that a library has printed, line breaks too.
Reply<json> log_entry(const json& given, const std::string& state) {
  if (!given.is_object()) return bad_request("a log entry must be an object");
  json entry = json::object();
  PRETAG_ASSIGN(entry["ts"], required_integer(given, "ts", 0, INT64_MAX));
  PRETAG_ASSIGN(
      entry["level"],
      required_choice(given, "level", {"VERBOSE", "NOTSET", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}));
  for (const char* key : {"group", "msg", "origin"}) {
    if (given.contains(key) && given[key].is_string()) entry[key] = given[key];
  }
  if (!entry.contains("group") || !entry.contains("msg")) return bad_request("a log entry needs 'group' and 'msg'");
  PRETAG_ASSIGN(const auto own_state, optional_text(given, "state", {1, 100}));
  entry["state"] = own_state.value_or(state);
  if (given.contains("load") && given["load"].is_object()) entry["load"] = given["load"];
  return entry;
}

Reply<HttpResponse> append(Call& call) {
  PRETAG_ASSIGN(const json body, parse_json(call.request.body));
  if (!body.is_array() || body.size() > kMaxEntries) return bad_request("the body must be a list of log entries");
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(const Record run, run_of(call));
  for (const json& given : body) {
    Record record = call.new_record(run.id, "");
    PRETAG_ASSIGN(record.document, log_entry(given, run.state));
    PRETAG_TRY(insert(call.sql, Table::kRunLogs, record));
  }
  PRETAG_TRY(renew_lease_of_job(call, run.name));
  PRETAG_TRY(transaction.commit());
  return no_content();
}

// The entry as the client that asks knows it: clients 1.4.8 to 1.5.3 fail on keys and levels that came later.
json entry_for(const Call& call, json entry) {
  const auto version = call.client_version();
  if (version < std::array{1, 4, 8}) return entry;
  if (version < std::array{1, 5, 0}) {
    for (const char* key : {"group", "origin", "load"}) entry.erase(key);
  }
  if (version < std::array{1, 5, 4}) {
    if (entry["level"] == "WARNING") entry["level"] = "WARN";
    if (entry["level"] == "NOTSET") entry["level"] = "VERBOSE";
  }
  return entry;
}

// The cursor is how many entries have been read: entries are only ever added.
Reply<HttpResponse> get_logs(Call& call) {
  PRETAG_ASSIGN(const Record run, run_of(call));
  const std::string_view cursor = call.query("cursor");
  const auto offset = cursor.empty() ? 0 : read_number<int64_t>(cursor);
  if (!offset || *offset < 0) return bad_request("'cursor' is not one of this server");
  json logs = json::array();
  PRETAG_TRY(visit(call.sql, Table::kRunLogs, {.parent = run.id, .page = {*offset, kPageEntries}}, [&](Record&& entry) {
    return logs.push_back(entry_for(call, std::move(entry.document))), Status();
  }));
  const int64_t next = *offset + static_cast<int64_t>(logs.size());
  return json_reply({{"cursor", next}, {"logs", std::move(logs)}});
}

}  // namespace

void add_run_log_routes(Router& router) {
  router.add("PUT", "/v1/docker/runs/{runId}/logs", append);
  router.add("GET", "/v1/docker/runs/{runId}/logs", get_logs);
}

}  // namespace pretag
