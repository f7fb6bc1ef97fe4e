#include "pretag/bucket/google_credentials.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "pretag/io/file_system.h"
#include "pretag/io/http_client.h"
#include "pretag/util/percent.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

using nlohmann::json;

constexpr size_t kMostBytes = 1 << 20;  // of a file or an answer with credentials
constexpr double kPatience = 10;        // seconds; others wait for the same answer
constexpr char kAdvice[] =
    "set GOOGLE_APPLICATION_CREDENTIALS to the JSON key of a service account, or run gcloud auth application-default "
    "login, or for a public bucket set GS_NO_SIGN_REQUEST=YES";

std::string text_in(const json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// {"access_token": …, "expires_in": 3599}
Result<GoogleToken> token_in(const HttpAnswer& answer, const std::string& where, int64_t now) {
  if (answer.status == 429 || answer.status >= 500) {
    return Error{ErrorCode::kIo, fmt::format("{}: answered {}", where, answer.status)};
  }
  const json content = json::parse(answer.body, nullptr, false);
  if (answer.status != 200) {
    return Error{ErrorCode::kUnavailable, fmt::format("{}: answered {} {}; {}", where, answer.status,
                                                      one_line(text_in(content, "error_description")), kAdvice)};
  }
  GoogleToken token{.text = text_in(content, "access_token")};
  const bool lasts = content.is_object() && content.contains("expires_in") && content["expires_in"].is_number_integer();
  constexpr int64_t kLongest = 24 * 3600;  // seconds; it may be given any number
  token.expires = now + (lasts ? std::clamp<int64_t>(content["expires_in"].get<int64_t>(), 0, kLongest) : 0);
  // It becomes a header of requests.
  if (lasts && !token.text.empty() && token.text.find_first_of("\r\n") == std::string::npos) return token;
  return Error{ErrorCode::kUnavailable, where + ": the answer holds no token"};
}

class FetchedTokens : public GoogleTokens {
 public:
  FetchedTokens(const HttpClient& http, UnixTime now) : http_(http), known_(std::move(now)) {}
  Result<GoogleToken> get() override {
    return known_.get([this] { return fetch(); });
  }
  void forget() override { known_.forget(); }

 protected:
  virtual Result<GoogleToken> fetch() const = 0;
  const HttpClient& http() const { return http_; }
  int64_t now() const { return known_.now(); }

 private:
  const HttpClient& http_;
  Renewed<GoogleToken> known_;
};

// https://developers.google.com/identity/protocols/oauth2/web-server#offline
class UserTokens final : public FetchedTokens {
 public:
  UserTokens(const json& user, const HttpClient& http, UnixTime now)
      : FetchedTokens(http, std::move(now)),
        form_("grant_type=refresh_token&client_id=" + percent_encode(text_in(user, "client_id")) +
              "&client_secret=" + percent_encode(text_in(user, "client_secret")) +
              "&refresh_token=" + percent_encode(text_in(user, "refresh_token"))) {}

 private:
  Result<GoogleToken> fetch() const override {
    constexpr char kUrl[] = "https://oauth2.googleapis.com/token";
    PRETAG_ASSIGN(const HttpAnswer answer, http().call({.method = "POST",
                                                        .url = kUrl,
                                                        .content_type = "application/x-www-form-urlencoded",
                                                        .body = form_,
                                                        .max_answer_bytes = kMostBytes,
                                                        .give_up_after_seconds = kPatience}));
    return token_in(answer, kUrl, now());
  }

  const std::string form_;
};

// https://cloud.google.com/compute/docs/access/authenticate-workloads
class MachineTokens final : public FetchedTokens {
 public:
  MachineTokens(const std::string& host, const HttpClient& http, UnixTime now)
      : FetchedTokens(http, std::move(now)),
        url_("http://" + host + "/computeMetadata/v1/instance/service-accounts/default/token") {}

 private:
  Result<GoogleToken> fetch() const override {
    constexpr double kSeconds = 3;  // elsewhere than in Google's cloud nobody answers
    const auto answer = http().call({.url = url_,
                                     .headers = {"Metadata-Flavor: Google"},
                                     .max_answer_bytes = kMostBytes,
                                     .give_up_after_seconds = kSeconds});
    if (answer && answer->status != 404) return token_in(*answer, url_, now());
    return Error{ErrorCode::kInvalidArgument, std::string("there are no credentials for Google's buckets: ") + kAdvice};
  }

  const std::string url_;
};

Result<GoogleCredentials> from_file(const std::string& path, const FileSystem& files, const HttpClient& http,
                                    UnixTime now) {
  PRETAG_ASSIGN(const auto bytes, files.read(path, kMostBytes));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const json content = json::parse(text, nullptr, false);
  const std::string type = text_in(content, "type");
  if (type == "authorized_user") {
    return GoogleCredentials{.key = {}, .tokens = std::make_unique<UserTokens>(content, http, std::move(now))};
  }
  if (type == "service_account") {
    auto key = parse_google_key(text);
    if (!key) return key.error().in(path);
    return GoogleCredentials{.key = *std::move(key), .tokens = nullptr};
  }
  return Error{ErrorCode::kUnsupported, fmt::format("{}: holds credentials of type '{}', which is not known here; {}",
                                                    path, one_line(type), kAdvice)};
}

}  // namespace

Result<GoogleKey> parse_google_key(std::string_view text) {
  const json content = json::parse(text, nullptr, false);
  GoogleKey key{text_in(content, "client_email"), text_in(content, "private_key")};
  if (text_in(content, "type") == "service_account" && !key.client_email.empty() && !key.private_key.empty()) {
    return key;
  }
  return Error{ErrorCode::kInvalidArgument, "is not the JSON key of a service account"};
}

Result<GoogleCredentials> find_google_credentials(const EnvironmentLookup& environment, const FileSystem& files,
                                                  const HttpClient& http, UnixTime now) {
  const auto variable = [&](const char* name) { return environment(name).value_or(""); };
  if (const std::string path = variable("GOOGLE_APPLICATION_CREDENTIALS"); !path.empty()) {
    return from_file(path, files, http, std::move(now));
  }
  std::string folder = variable("CLOUDSDK_CONFIG");
  if (folder.empty()) folder = variable("HOME") + "/.config/gcloud";
  if (const std::string path = folder + "/application_default_credentials.json"; files.exists(path)) {
    return from_file(path, files, http, std::move(now));
  }
  std::string host = variable("GCE_METADATA_HOST");
  if (host.empty()) host = "metadata.google.internal";
  return GoogleCredentials{.key = {}, .tokens = std::make_unique<MachineTokens>(host, http, std::move(now))};
}

}  // namespace pretag
