// From a request to its answer: the routes, who may use them, and what an error looks like.
#pragma once

#include "pretag/server/accounts.h"
#include "pretag/server/http_message.h"
#include "pretag/server/metrics.h"
#include "pretag/server/router.h"
#include "pretag/server/server_context.h"

namespace pretag {

// Thread-safe. The context must outlive it.
class Application {
 public:
  explicit Application(ServerContext& context);

  // Never fails: what goes wrong becomes an answer of status 4xx or 5xx with {"code", "error", "requestId"}.
  HttpResponse answer(HttpRequest& request);

 private:
  Reply<HttpResponse> run(const Route& route, const PathParameters& parameters, HttpRequest& request,
                          std::string& user);
  Reply<User> user_of(SqlConnection& sql, const HttpRequest& request) const;
  void note_outage(const Route& route, int status);

  ServerContext& context_;
  Router router_;
  Metrics metrics_;
};

}  // namespace pretag
