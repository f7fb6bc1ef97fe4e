// Requests from anybody: a line with method and target, then the body. Each is answered by a whole server on a database
// in memory, once as a stranger and once as a user; what is answered must be well formed, and errors must be the
// client's.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "pretag/server/accounts.h"
#include "pretag/server/application.h"
#include "pretag/server/schema.h"
#include "pretag/server/server_context.h"
#include "pretag/server/sql_sqlite.h"
#include "pretag/util/percent.h"

using namespace pretag;

namespace {

struct FuzzedServer {
  FuzzedServer() {
    auto database = open_sqlite(":memory:");
    if (!database) std::abort();
    {
      const auto sql = (*database)->connect();
      if (!migrate(**sql)) std::abort();
      token = create_token(**sql, "somebody", "", 1)->secret;
    }
    // Links cannot be forged, so that no file is ever written.
    context = std::make_unique<ServerContext>(*std::move(database), ServerKey::random(), "/nonexistent",
                                              ServerSettings{}, [] { return int64_t{1'700'000'000'000}; });
    application = std::make_unique<Application>(*context);
  }

  std::string token;
  std::unique_ptr<ServerContext> context;
  std::unique_ptr<Application> application;
};

void ask(FuzzedServer& server, const std::string& method, const HttpTarget& target, std::string_view body, bool known) {
  HttpRequest request;
  request.method = method;
  request.target = target;
  if (known) request.headers["authorization"] = "Bearer " + server.token;
  request.read_body = [&](uint64_t, const HttpRequest::Sink& sink) { return sink(body); };
  const HttpResponse response = server.application->answer(request);
  if (response.status < 200 || response.status >= 500) std::abort();
  if (response.content_type != "application/json") return;
  const auto answer = nlohmann::json::parse(response.body, nullptr, false);
  if (answer.is_discarded()) std::abort();
  if (response.status >= 400 && (!answer["code"].is_string() || !answer["error"].is_string())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static FuzzedServer server;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t space = text.find(' '), line = text.find('\n');
  if (space == std::string_view::npos || line == std::string_view::npos || space > line) return 0;
  const auto target = parse_http_target(text.substr(space + 1, line - space - 1));
  if (!target) return target.error().message.empty() ? (std::abort(), 0) : 0;
  // An encoded path is what it was.
  std::string again;
  for (const std::string& segment : target->segments) again += "/" + percent_encode(segment);
  const auto reparsed = parse_http_target(again);
  if (!reparsed || reparsed->segments != target->segments) std::abort();
  if (target->last("token") != nullptr) return 0;
  for (const bool known : {false, true})
    ask(server, std::string(text.substr(0, space)), *target, text.substr(line + 1), known);
  return 0;
}
