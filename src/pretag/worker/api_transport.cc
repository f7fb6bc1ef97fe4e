#include "pretag/worker/api_transport.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pretag/util/percent.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

bool may_pass(int status) { return status == 408 || status == 425 || status == 429 || status >= 500; }

// What the server says of an error ({"error": …}), else its status alone.
std::string reason_of(const HttpAnswer& answer) {
  const auto body = nlohmann::json::parse(answer.body, nullptr, false);
  const std::string status = fmt::format("the server answered {}", answer.status);
  if (!body.is_object() || !body.contains("error") || !body["error"].is_string()) return status;
  constexpr size_t kLongest = 300;
  return fmt::format("{}: {}", status, one_line(body["error"].get<std::string>(), kLongest));
}

bool says_not_found(int status) { return status == 404 || status == 405; }

// The platform says why in JSON. A proxy whose server is away, while it is started anew say, may not know the address.
bool is_of_a_proxy(const HttpAnswer& answer) {
  return says_not_found(answer.status) && !nlohmann::json::parse(answer.body, nullptr, false).is_object();
}

Error error_of(const HttpAnswer& answer, bool passes, const std::string& what) {
  ErrorCode code = says_not_found(answer.status) ? ErrorCode::kNotFound : ErrorCode::kInvalidArgument;
  if (answer.status < 400 || passes) code = ErrorCode::kIo;
  std::string message = fmt::format("{}: {}", what, reason_of(answer));
  if (answer.status == 401 || answer.status == 403) message += "; check the token";
  return {code, std::move(message)};
}

}  // namespace

ApiTransport::ApiTransport(const HttpClient& http, ApiServer server, RetryPolicy policy, Pause pause, WorkerLog log,
                           const Clock& clock, bool has_answered)
    : http_(http),
      server_(std::move(server)),
      policy_(policy),
      pause_(std::move(pause)),
      log_(std::move(log)),
      clock_(clock),
      has_answered_(has_answered) {
  while (server_.location.ends_with('/')) server_.location.pop_back();
}

ApiTransport ApiTransport::with_pause(Pause pause) const {
  return {http_, server_, policy_, std::move(pause), log_, clock_, has_answered_};
}

Result<std::string> ApiTransport::call(const ApiCall& call) const {
  std::string url = server_.location + call.path + "?";
  for (const auto& [key, value] : call.query) url += percent_encode(key) + "=" + percent_encode(value) + "&";
  url += "token=" + percent_encode(server_.token);
  return send({.method = call.method, .url = std::move(url), .body = call.body}, call.method + " " + call.path,
              call.try_again);
}

Status ApiTransport::upload_file(const std::string& signed_url, const std::string& path,
                                 const std::string& what) const {
  const HttpCall call{
      .method = "PUT", .url = signed_url, .content_type = "application/octet-stream", .body_file = path};
  PRETAG_TRY(send(call, "uploading " + what, true));
  return {};
}

Result<std::string> ApiTransport::download(const std::string& signed_url, size_t max_bytes,
                                           const std::string& what) const {
  return send({.url = signed_url, .max_answer_bytes = max_bytes}, "downloading " + what, true);
}

void ApiTransport::note_outage(const Result<HttpAnswer>& answer) const {
  if (answer) {
    if (away_.exchange(false)) log_("The server answers again");
  } else if (answer.error().code == ErrorCode::kIo && !away_.exchange(true)) {
    log_("The server is away, and is tried again: " + answer.error().message);
  }
}

Result<std::string> ApiTransport::send(const HttpCall& call, const std::string& what, bool try_again) const {
  Backoff backoff(policy_, pause_, clock_);
  for (;;) {
    auto answer = http_.call(call);
    note_outage(answer);
    if (answer && answer->status >= 200 && answer->status < 300) {
      has_answered_ = true;
      return std::move(answer->body);
    }
    const bool passes = answer ? may_pass(answer->status) || (has_answered_ && is_of_a_proxy(*answer))
                               : answer.error().code == ErrorCode::kIo;
    Error error = answer ? error_of(*answer, passes, what) : answer.error().in(what);
    if (!answer && error.code == ErrorCode::kInvalidArgument && server_.location.starts_with("https:")) {
      error.message += "; LIGHTLY_CA_CERTS names a file of certificates to trust";
    }
    if (!passes || !try_again) return error;
    const auto next = backoff.wait(answer ? answer->retry_after_seconds : 0);
    if (next == Backoff::Next::kGiveUp) return error;
    if (next == Backoff::Next::kStopped) return Error{ErrorCode::kCancelled, what + ": given up on request"};
  }
}

}  // namespace pretag
