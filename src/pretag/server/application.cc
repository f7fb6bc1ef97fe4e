#include "pretag/server/application.h"

#include <algorithm>
#include <chrono>
#include <span>

#include "pretag/server/accounts.h"
#include "pretag/server/call.h"
#include "pretag/server/leases.h"
#include "pretag/server/random_ids.h"
#include "pretag/server/routes.h"

namespace pretag {
namespace {

HttpResponse error_reply(const ApiError& error) {
  const std::string request_id = random_hex(8);
  HttpResponse response =
      json_reply({{"code", error.code}, {"error", error.message}, {"requestId", request_id}}, error.status);
  if (!error.detail.empty()) response.detail = request_id + ": " + error.detail;
  if (error.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (error.status == 503) response.headers.emplace_back("Retry-After", "2");
  return response;
}

Status read_text_body(HttpRequest& request, uint64_t max_bytes) {
  if (!request.read_body) return {};
  return request.read_body(max_bytes, [&](std::string_view piece) { return request.body += piece, Status(); });
}

// For routes that stream a body: a slow client must not hold a connection to the database, and they need none.
class NoDatabase final : public SqlConnection {
 public:
  Status query(const std::string&, std::span<const SqlValue>, const Visit&) override { return unavailable(); }
  Result<int64_t> change(const std::string&, std::span<const SqlValue>) override { return unavailable(); }
  Status execute(const std::string&) override { return unavailable(); }
  Status begin() override { return unavailable(); }
  Status commit() override { return unavailable(); }
  void rollback() override {}

 private:
  static Error unavailable() { return {ErrorCode::kInternal, "a route that streams has no database"}; }
};

}  // namespace

Application::Application(ServerContext& context) : context_(context) {
  add_health_routes(router_, metrics_);
  add_all_routes(router_);
}

HttpResponse Application::answer(HttpRequest& request) {
  const auto start = std::chrono::steady_clock::now();
  metrics_.begin();
  const Router::Match match = router_.find(request.method, request.target.segments);
  HttpResponse response;
  std::string user;
  if (match.route == nullptr) {
    response = error_reply(match.other_method ? ApiError(405, "BAD_REQUEST", "not with this method")
                                              : ApiError(404, "NOT_FOUND", "there is nothing at this address"));
  } else {
    auto reply = run(*match.route, match.parameters, request, user);
    response = reply ? *std::move(reply) : error_reply(reply.error());
    note_outage(*match.route, response.status);
  }
  response.user = user;
  metrics_.end();
  metrics_.count(match.route != nullptr ? request.method : "", match.route != nullptr ? match.route->pattern : "",
                 response.status, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  return response;
}

Reply<User> Application::user_of(SqlConnection& sql, const HttpRequest& request) const {
  std::string_view secret;
  if (const std::string* token = request.target.last("token")) {
    secret = *token;
  } else if (const std::string_view header = request.header("authorization"); header.starts_with("Bearer ")) {
    secret = header.substr(7);
  }
  if (secret.empty()) return ApiError(401, "UNAUTHORIZED", "this needs a token: ?token=… or 'Authorization: Bearer …'");
  PRETAG_ASSIGN(auto user, authenticate(sql, secret));
  if (!user) return ApiError(401, "UNAUTHORIZED", "the token is unknown or revoked");
  return *std::move(user);
}

// Other routes may fail for something else than the database. That something could be read says nothing: a disk may be
// full.
void Application::note_outage(const Route& route, int status) {
  if (route.body != Route::Body::kText) return;
  if (status == 503) context_.outage().failed();
  if (status < 400 && route.method != "GET") context_.outage().wrote(context_.now_ms());
}

Reply<HttpResponse> Application::run(const Route& route, const PathParameters& parameters, HttpRequest& request,
                                     std::string& user_name) {
  User user;
  // Strangers are turned away before their body is read.
  if (route.access == Route::Access::kUser) {
    PRETAG_ASSIGN(const auto sql, context_.database().connect());
    PRETAG_ASSIGN(user, user_of(*sql, request));
    user_name = user.id;
  }
  if (route.body == Route::Body::kStreamed) {
    NoDatabase none;
    Call call{request, parameters, user, none, context_};
    return route.handler(call);
  }
  // The same goes for a text that comes slowly: first all of it, then the connection.
  PRETAG_TRY(read_text_body(request, std::max(route.max_body_bytes, context_.settings().max_body_bytes)));
  if (route.body == Route::Body::kTextAlone) {
    NoDatabase none;
    Call call{request, parameters, user, none, context_};
    return route.handler(call);
  }
  PRETAG_ASSIGN(auto sql, context_.database().connect());
  // Whoever only reads can do without.
  if (const Status extended = extend_leases_after_outage(context_, *sql); !extended && request.method != "GET") {
    return extended.error();
  }
  Call call{request, parameters, user, *sql, context_};
  return route.handler(call);
}

}  // namespace pretag
