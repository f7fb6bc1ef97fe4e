// For those who look after the server: is it alive, can it work, how much does it do.
#include <fmt/format.h>

#include "pretag/server/call.h"
#include "pretag/server/metrics.h"
#include "pretag/server/routes.h"

namespace pretag {
namespace {

Status try_database(SqlDatabase& database) {
  PRETAG_ASSIGN(const auto sql, database.connect());
  PRETAG_TRY(count(*sql, Table::kSchedules, {.state = "OPEN"}));
  return {};
}

Reply<HttpResponse> ready(Call& call) {
  const Status works = try_database(call.server.database());
  if (works) return text_reply("ready\n");
  ApiError error(503, "NOT_READY", call.server.database().name() + " cannot be used; the server's log says why");
  error.detail = works.error().message;
  return error;
}

Reply<HttpResponse> metrics_text(Call& call, const Metrics& metrics) {
  std::string text = metrics.text();
  text += "# HELP pretag_scheduled_runs Jobs by state.\n# TYPE pretag_scheduled_runs gauge\n";
  for (const char* state : {"OPEN", "LOCKED", "DONE", "CANCELED"}) {
    PRETAG_ASSIGN(const int64_t jobs, count(call.sql, Table::kSchedules, {.state = state}));
    text += fmt::format("pretag_scheduled_runs{{state=\"{}\"}} {}\n", state, jobs);
  }
  text += "# HELP pretag_datasets Datasets that exist.\n# TYPE pretag_datasets gauge\n";
  PRETAG_ASSIGN(int64_t datasets, count(call.sql, Table::kDatasets, {}));
  PRETAG_ASSIGN(const int64_t disowned, count(call.sql, Table::kDatasets, {.owner = ""}));
  datasets -= disowned;
  text += fmt::format("pretag_datasets {}\n", datasets);
  HttpResponse response = text_reply(std::move(text));
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return response;
}

}  // namespace

void add_health_routes(Router& router, const Metrics& metrics) {
  const auto open = [&](const char* path, Handler handler, Route::Body body) {
    Route& route = router.add("GET", path, std::move(handler));
    route.access = Route::Access::kOpen;
    route.body = body;
  };
  // These two are not given a connection: without a database the server lives, and says which one it cannot connect to.
  open(
      "/healthz", [](Call&) -> Reply<HttpResponse> { return text_reply("ok\n"); }, Route::Body::kStreamed);
  open("/readyz", ready, Route::Body::kStreamed);
  open(
      "/metrics", [&metrics](Call& call) { return metrics_text(call, metrics); }, Route::Body::kText);
}

}  // namespace pretag
