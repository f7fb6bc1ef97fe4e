#include "pretag/bucket/google_credentials.h"

#include <fmt/format.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <utility>

#include "pretag/io/file_system.h"
#include "pretag/io/http_client.h"
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

// https://developers.google.com/identity/protocols/oauth2/web-server#offline
std::unique_ptr<OauthTokens> tokens_of_user(const json& user, const HttpClient& http, UnixTime now) {
  constexpr char kUrl[] = "https://oauth2.googleapis.com/token";
  const HttpCall call = oauth_form(kUrl, {{"grant_type", "refresh_token"},
                                          {"client_id", text_in(user, "client_id")},
                                          {"client_secret", text_in(user, "client_secret")},
                                          {"refresh_token", text_in(user, "refresh_token")}});
  return oauth_tokens({.call = [call] { return call; }, .where = kUrl, .advice = kAdvice}, http, std::move(now));
}

// https://cloud.google.com/compute/docs/access/authenticate-workloads
// https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity (the first seconds of a pod)
std::unique_ptr<OauthTokens> tokens_of_machine(const std::string& host, bool is_pod, const HttpClient& http,
                                               UnixTime now, Pause pause) {
  static const std::atomic<bool> kNever = false;
  const HttpCall call{.url = "http://" + host + "/computeMetadata/v1/instance/service-accounts/default/token",
                      .headers = {"Metadata-Flavor: Google"}};
  return oauth_tokens({.call = [call] { return call; },
                       .where = call.url,
                       .advice = kAdvice,
                       .nobody = std::string("there are no credentials for Google's buckets: ") + kAdvice,
                       .pauses = is_pod ? std::vector<double>{1, 2} : std::vector<double>{},
                       .pause = pause ? std::move(pause) : pause_until(kNever)},
                      http, std::move(now));
}

struct Sources {
  const FileSystem& files;
  const HttpClient& http;
  UnixTime now;
};

using Tokens = Result<std::unique_ptr<OauthTokens>>;

Error unsupported(const std::string& what) {
  return {ErrorCode::kUnsupported, fmt::format("{}, which is not known here; {}", what, kAdvice)};
}

// What the file or the address of an external account holds: the token itself, or JSON with it.
Result<std::string> subject_token(const json& source, const Sources& sources) {
  std::string text;
  if (const std::string path = text_in(source, "file"); !path.empty()) {
    PRETAG_ASSIGN(const auto bytes, sources.files.read(path, kMostBytes));
    text.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  } else {
    HttpCall call{.url = text_in(source, "url"), .max_answer_bytes = kMostBytes, .give_up_after_seconds = kPatience};
    const json headers = source.value("headers", json::object());
    for (const auto& [name, value] : headers.items()) {
      if (value.is_string()) call.headers.push_back(name + ": " + value.get<std::string>());
    }
    PRETAG_ASSIGN(HttpAnswer answer, sources.http.call(call));
    if (answer.status != 200) {
      return Error{ErrorCode::kUnavailable, fmt::format("{}: answered {}", call.url, answer.status)};
    }
    text = std::move(answer.body);
  }
  const json format = source.value("format", json::object());
  if (text_in(format, "type") != "json") return std::string(trim(text));
  const std::string field = text_in(format, "subject_token_field_name");
  const std::string token = text_in(json::parse(text, nullptr, false), field.c_str());
  if (!token.empty()) return token;
  return Error{ErrorCode::kUnavailable, "the external account's token: there is no '" + one_line(field) + "' in it"};
}

// A federated identity: a token of somebody whom Google trusts is exchanged for one of Google's.
// https://google.aip.dev/auth/4117
Tokens tokens_of_external_account(const json& account, const Sources& sources) {
  const json source = account.value("credential_source", json::object());
  if (text_in(source, "file").empty() && text_in(source, "url").empty()) {
    return unsupported("an external account whose token is neither in a file nor at an address");
  }
  std::string url = text_in(account, "token_url");
  if (url.empty()) url = "https://sts.googleapis.com/v1/token";
  const auto call = [url, account, source, sources]() -> Result<HttpCall> {
    PRETAG_ASSIGN(const std::string token, subject_token(source, sources));
    return oauth_form(url, {{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
                            {"audience", text_in(account, "audience")},
                            {"scope", "https://www.googleapis.com/auth/cloud-platform"},
                            {"requested_token_type", "urn:ietf:params:oauth:token-type:access_token"},
                            {"subject_token_type", text_in(account, "subject_token_type")},
                            {"subject_token", token}});
  };
  return oauth_tokens({.call = call, .where = url, .advice = kAdvice}, sources.http, sources.now);
}

// Those of a service account that the owner of `own` may impersonate.
// https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
std::unique_ptr<OauthTokens> impersonated(const std::string& url, const std::shared_ptr<OauthTokens>& own,
                                          const json& delegates, const Sources& sources) {
  json body = {{"scope", {"https://www.googleapis.com/auth/devstorage.read_write"}}, {"lifetime", "3600s"}};
  if (delegates.is_array() && !delegates.empty()) body["delegates"] = delegates;
  const auto call = [url, own, text = body.dump()]() -> Result<HttpCall> {
    PRETAG_ASSIGN(const OauthToken token, own->get());
    return HttpCall{.method = "POST", .url = url, .headers = {"Authorization: Bearer " + token.text}, .body = text};
  };
  return oauth_tokens({.call = call,
                       .where = url,
                       .advice = "whoever impersonates a service account needs the role Service Account Token Creator",
                       .forget = [own] { own->forget(); }},
                      sources.http, sources.now);
}

Tokens tokens_in(const json& content, const Sources& sources) {
  const std::string type = text_in(content, "type"), url = text_in(content, "service_account_impersonation_url");
  if (type == "authorized_user") return tokens_of_user(content, sources.http, sources.now);
  if (type == "external_account") {
    PRETAG_ASSIGN(auto own, tokens_of_external_account(content, sources));
    return url.empty() ? std::move(own) : impersonated(url, std::move(own), {}, sources);
  }
  if (type == "impersonated_service_account" && !url.empty()) {
    PRETAG_ASSIGN(auto own, tokens_in(content.value("source_credentials", json::object()), sources));
    return impersonated(url, std::move(own), content.value("delegates", json::array()), sources);
  }
  return unsupported(fmt::format("holds credentials of type '{}'", one_line(type)));
}

Result<GoogleCredentials> from_file(const std::string& path, const Sources& sources) {
  PRETAG_ASSIGN(const auto bytes, sources.files.read(path, kMostBytes));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const json content = json::parse(text, nullptr, false);
  if (text_in(content, "type") == "service_account") {
    auto key = parse_google_key(text);
    if (!key) return key.error().in(path);
    return GoogleCredentials{.key = *std::move(key), .tokens = nullptr};
  }
  auto tokens = tokens_in(content, sources);
  if (!tokens) return tokens.error().in(path);
  return GoogleCredentials{.key = {}, .tokens = *std::move(tokens)};
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
                                                  const HttpClient& http, UnixTime now, Pause pause) {
  const auto variable = [&](const char* name) { return environment(name).value_or(""); };
  if (const std::string path = variable("GOOGLE_APPLICATION_CREDENTIALS"); !path.empty()) {
    return from_file(path, {files, http, std::move(now)});
  }
  std::string folder = variable("CLOUDSDK_CONFIG");
  if (folder.empty()) folder = variable("HOME") + "/.config/gcloud";
  if (const std::string path = folder + "/application_default_credentials.json"; files.exists(path)) {
    return from_file(path, {files, http, std::move(now)});
  }
  std::string host = variable("GCE_METADATA_HOST");
  if (host.empty()) host = "metadata.google.internal";
  const bool is_pod = !variable("KUBERNETES_SERVICE_HOST").empty();
  return GoogleCredentials{.key = {},
                           .tokens = tokens_of_machine(host, is_pod, http, std::move(now), std::move(pause))};
}

}  // namespace pretag
