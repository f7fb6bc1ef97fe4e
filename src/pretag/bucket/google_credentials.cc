#include "pretag/bucket/google_credentials.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "pretag/io/file_system.h"
#include "pretag/io/http_client.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

using nlohmann::json;

constexpr size_t kMostBytes = 1 << 20;  // of a file with credentials
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
std::unique_ptr<OauthTokens> tokens_of_machine(const std::string& host, const HttpClient& http, UnixTime now) {
  const HttpCall call{.url = "http://" + host + "/computeMetadata/v1/instance/service-accounts/default/token",
                      .headers = {"Metadata-Flavor: Google"}};
  return oauth_tokens({.call = [call] { return call; },
                       .where = call.url,
                       .advice = kAdvice,
                       .nobody = std::string("there are no credentials for Google's buckets: ") + kAdvice},
                      http, std::move(now));
}

Result<GoogleCredentials> from_file(const std::string& path, const FileSystem& files, const HttpClient& http,
                                    UnixTime now) {
  PRETAG_ASSIGN(const auto bytes, files.read(path, kMostBytes));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const json content = json::parse(text, nullptr, false);
  const std::string type = text_in(content, "type");
  if (type == "authorized_user") {
    return GoogleCredentials{.key = {}, .tokens = tokens_of_user(content, http, std::move(now))};
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
  return GoogleCredentials{.key = {}, .tokens = tokens_of_machine(host, http, std::move(now))};
}

}  // namespace pretag
