// OAuth 2 access tokens, as the clouds of Google and Microsoft hand them out to those who may ask.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pretag/bucket/renewed.h"
#include "pretag/io/http_client.h"
#include "pretag/util/pause.h"
#include "pretag/util/result.h"

namespace pretag {

struct OauthToken {
  std::string text;
  int64_t expires = 0;  // unix seconds
};

// Tokens that are good for now. Thread-safe.
class OauthTokens {
 public:
  virtual ~OauthTokens() = default;
  virtual Result<OauthToken> get() = 0;
  // It was refused although it should be good.
  virtual void forget() = 0;
};

struct OauthSource {
  // The call that brings a token: a secret in a file may be another one each time.
  std::function<Result<HttpCall>()> call;
  std::string where;   // for messages
  std::string advice;  // what to do where it hands out none
  // Said instead, without a `where`, if nobody answers there, or with 404; empty: that is an error like others.
  std::string nobody = {};
  std::vector<double> pauses = {};    // so many seconds later it is asked again before that is said
  Pause pause = {};                   // only for those
  std::function<void()> forget = {};  // what the call is made with, as its token was refused; empty: nothing
};

// Asks the source whenever a token is needed and none is known that is good for another five minutes. An answer is
// {"access_token": …, "expires_in": seconds} (RFC 6749, section 5.1); some have their numbers as texts, or "expires_on"
// in unix seconds, or {"accessToken": …, "expireTime": "2026-11-29T12:34:56Z"}. Errors: kIo where it may be better in a
// moment, kInvalidArgument where nobody answers who is not expected everywhere, else kUnavailable. `http` must outlive
// it.
std::unique_ptr<OauthTokens> oauth_tokens(OauthSource source, const HttpClient& http, UnixTime now = unix_time_now);

// A POST of a form, its values not yet encoded.
HttpCall oauth_form(std::string url, const std::vector<std::pair<std::string, std::string>>& form);

}  // namespace pretag
