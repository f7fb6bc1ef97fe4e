#include "pretag/bucket/oauth_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "pretag/util/iso_time.h"
#include "pretag/util/number.h"
#include "pretag/util/percent.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

using nlohmann::json;

constexpr size_t kMostBytes = 1 << 20;  // of an answer with a token
constexpr double kPatience = 10;        // seconds; others wait for the same answer
constexpr double kFirstPatience = 3;    // seconds; outside of its cloud nobody answers

std::string text_in(const json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// 3599 or "3599".
std::optional<int64_t> number_in(const json& object, const char* key) {
  if (!object.is_object() || !object.contains(key)) return std::nullopt;
  if (object[key].is_number_integer()) return object[key].get<int64_t>();
  return read_number<int64_t>(text_in(object, key));
}

class FetchedTokens final : public OauthTokens {
 public:
  FetchedTokens(OauthSource source, const HttpClient& http, UnixTime now)
      : source_(std::move(source)), http_(http), known_(std::move(now)) {}

  Result<OauthToken> get() override {
    return known_.get([this] { return fetch(); });
  }
  void forget() override {
    if (source_.forget) source_.forget();
    known_.forget();
  }

 private:
  Result<OauthToken> fetch() const {
    PRETAG_ASSIGN(HttpCall call, source_.call());
    call.max_answer_bytes = kMostBytes;
    const bool expected = source_.nobody.empty();
    call.give_up_after_seconds = expected ? kPatience : kFirstPatience;
    auto answer = http_.call(call);
    const auto is_nobody_there = [&] { return !expected && (!answer || answer->status == 404); };
    for (const double seconds : source_.pauses) {
      if (!is_nobody_there()) break;
      if (!source_.pause(seconds)) return Error{ErrorCode::kCancelled, "stopped on request"};
      answer = http_.call(call);
    }
    if (is_nobody_there()) return Error{ErrorCode::kInvalidArgument, source_.nobody};
    if (!answer) return answer.error();
    return token_in(*answer);
  }

  Result<OauthToken> token_in(const HttpAnswer& answer) const {
    if (answer.status == 429 || answer.status >= 500) {
      return Error{ErrorCode::kIo, fmt::format("{}: answered {}", source_.where, answer.status)};
    }
    const json content = json::parse(answer.body, nullptr, false);
    if (answer.status != 200) {
      return Error{ErrorCode::kUnavailable,
                   fmt::format("{}: answered {} {}; {}", source_.where, answer.status,
                               one_line(text_in(content, "error_description")), source_.advice)};
    }
    const int64_t now = known_.now();
    auto lasts = number_in(content, "expires_in");
    // No difference of what somebody says may overflow.
    constexpr int64_t kLongest = 24 * 3600;  // seconds; it may be given any number
    if (const auto until = number_in(content, "expires_on"); !lasts && until) {
      lasts = std::clamp(*until, now, now + kLongest) - now;
    }
    std::string text = text_in(content, "access_token");
    if (const auto until = parse_iso_time(text_in(content, "expireTime")); !lasts && until) {
      text = text_in(content, "accessToken");
      lasts = *until - now;
    }
    const OauthToken token{std::move(text), now + std::clamp<int64_t>(lasts.value_or(0), 0, kLongest)};
    // It becomes a header of requests.
    if (lasts && !token.text.empty() && token.text.find_first_of("\r\n") == std::string::npos) return token;
    return Error{ErrorCode::kUnavailable, source_.where + ": the answer holds no token"};
  }

  const OauthSource source_;
  const HttpClient& http_;
  Renewed<OauthToken> known_;
};

}  // namespace

std::unique_ptr<OauthTokens> oauth_tokens(OauthSource source, const HttpClient& http, UnixTime now) {
  return std::make_unique<FetchedTokens>(std::move(source), http, std::move(now));
}

HttpCall oauth_form(std::string url, const std::vector<std::pair<std::string, std::string>>& form) {
  std::string body;
  for (const auto& [name, value] : form) {
    body += fmt::format("{}{}={}", body.empty() ? "" : "&", name, percent_encode(value));
  }
  return {.method = "POST",
          .url = std::move(url),
          .content_type = "application/x-www-form-urlencoded",
          .body = std::move(body)};
}

}  // namespace pretag
