#include "pretag/bucket/credentials.h"

#include <fmt/format.h>

#include <ctime>
#include <nlohmann/json.hpp>
#include <utility>

#include "pretag/bucket/sts.h"
#include "pretag/io/file_system.h"
#include "pretag/io/http_client.h"
#include "pretag/util/iso_time.h"
#include "pretag/util/percent.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr size_t kMostBytes = 1 << 20;  // of an answer with credentials
constexpr double kPatience = 10;        // seconds; others wait for the same answer
constexpr char kAdvice[] =
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or for a public bucket AWS_NO_SIGN_REQUEST=YES";

class FixedCredentials final : public CredentialsProvider {
 public:
  explicit FixedCredentials(AwsCredentials credentials) : credentials_(std::move(credentials)) {}
  Result<AwsCredentials> get() override { return credentials_; }

 private:
  const AwsCredentials credentials_;
};

class NoCredentials final : public CredentialsProvider {
 public:
  explicit NoCredentials(Error reason) : reason_(std::move(reason)) {}
  Result<AwsCredentials> get() override { return reason_; }

 private:
  const Error reason_;
};

// {"AccessKeyId": …, "SecretAccessKey": …, "Token": …, "Expiration": …}
Result<AwsCredentials> from_json(const std::string& body, const std::string& where) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  const auto text = [&](const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : "";
  };
  const auto expires = parse_iso_time(text("Expiration"));
  AwsCredentials credentials{text("AccessKeyId"), text("SecretAccessKey"), text("Token"), expires.value_or(0)};
  if (!credentials.access_key_id.empty() && !credentials.secret_access_key.empty() && expires) return credentials;
  return Error{ErrorCode::kCorrupt, where + ": the answer holds no credentials"};
}

Error refusal(const std::string& where, const HttpAnswer& answer) {
  const bool may_pass = answer.status == 429 || answer.status >= 500;
  return {may_pass ? ErrorCode::kIo : ErrorCode::kUnavailable, fmt::format("{}: answered {}", where, answer.status)};
}

class Chain final : public CredentialsProvider {
 public:
  Chain(EnvironmentLookup environment, AwsProfile profile, const FileSystem& files, const HttpClient& http,
        UnixTime now)
      : environment_(std::move(environment)),
        profile_(std::move(profile)),
        files_(files),
        http_(http),
        known_(std::move(now)) {}

  Result<AwsCredentials> get() override {
    return known_.get([this] { return look(); });
  }

  void forget() override { known_.forget(); }

 private:
  std::string variable(const char* name) const { return environment_(name).value_or(""); }
  std::string setting(const char* name) const {
    const auto found = profile_.find(name);
    return found == profile_.end() ? "" : found->second;
  }

  Result<AwsCredentials> look() const {
    const AwsCredentials given{variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"),
                               variable("AWS_SESSION_TOKEN")};
    if (!given.access_key_id.empty() && !given.secret_access_key.empty()) return given;
    if (!variable("AWS_WEB_IDENTITY_TOKEN_FILE").empty()) return of_web_identity();
    const AwsCredentials stored{setting("aws_access_key_id"), setting("aws_secret_access_key"),
                                setting("aws_session_token")};
    if (!stored.access_key_id.empty() && !stored.secret_access_key.empty()) return stored;
    for (const char* other : {"sso_session", "sso_start_url", "role_arn", "credential_process"}) {
      if (setting(other).empty()) continue;
      return Error{ErrorCode::kUnsupported,
                   fmt::format("the AWS profile gives its credentials by {}, which only the AWS tools know: run "
                               "eval \"$(aws configure export-credentials --format env)\" before",
                               other)};
    }
    if (const std::string url = container_url(); !url.empty()) return of_container(url);
    return of_machine();
  }

  Result<std::string> token_from_file(const std::string& path) const {
    PRETAG_ASSIGN(const auto bytes, files_.read(path, kMostBytes));
    return std::string(trim({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  }

  // https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
  Result<AwsCredentials> of_web_identity() const {
    PRETAG_ASSIGN(const std::string token, token_from_file(variable("AWS_WEB_IDENTITY_TOKEN_FILE")));
    std::string region = variable("AWS_REGION");
    if (region.empty()) region = variable("AWS_DEFAULT_REGION");
    std::string host = variable("AWS_ENDPOINT_URL_STS");
    if (host.empty()) host = region.empty() ? "https://sts.amazonaws.com" : "https://sts." + region + ".amazonaws.com";
    std::string session = variable("AWS_ROLE_SESSION_NAME");
    if (session.empty()) session = "pretag";
    PRETAG_ASSIGN(const HttpAnswer answer,
                  http_.call({.method = "POST",
                              .url = host + "/",
                              .content_type = "application/x-www-form-urlencoded",
                              .body = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=" +
                                      percent_encode(variable("AWS_ROLE_ARN")) + "&RoleSessionName=" +
                                      percent_encode(session) + "&WebIdentityToken=" + percent_encode(token),
                              .max_answer_bytes = kMostBytes,
                              .give_up_after_seconds = kPatience}));
    if (answer.status != 200) return refusal(host, answer);
    return parse_sts_credentials(answer.body, host);
  }

  std::string container_url() const {
    const std::string relative = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    return relative.empty() ? variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") : "http://169.254.170.2" + relative;
  }

  // https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
  Result<AwsCredentials> of_container(const std::string& url) const {
    std::string token = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (const std::string file = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); !file.empty()) {
      PRETAG_ASSIGN(token, token_from_file(file));
    }
    HttpCall call{.url = url, .max_answer_bytes = kMostBytes, .give_up_after_seconds = kPatience};
    if (!token.empty()) call.headers.push_back("Authorization: " + token);
    constexpr char kWhere[] = "the container's credentials";  // the address is half a secret
    const auto answer = http_.call(call);
    if (!answer) return Error{answer.error().code, std::string(kWhere) + ": cannot be reached"};
    if (answer->status != 200) return refusal(kWhere, *answer);
    return from_json(answer->body, kWhere);
  }

  // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
  Result<AwsCredentials> of_machine() const {
    const Error none{ErrorCode::kInvalidArgument, std::string("there are no credentials for S3: ") + kAdvice};
    if (to_lower(variable("AWS_EC2_METADATA_DISABLED")) == "true") return none;
    std::string host = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    if (host.empty()) host = "http://169.254.169.254";
    while (host.ends_with('/')) host.pop_back();
    constexpr double kSeconds = 2;  // elsewhere than on EC2 nobody answers
    const auto token = http_.call({.method = "PUT",
                                   .url = host + "/latest/api/token",
                                   .headers = {"X-aws-ec2-metadata-token-ttl-seconds: 21600"},
                                   .max_answer_bytes = kMostBytes,
                                   .give_up_after_seconds = kSeconds});
    if (!token || token->status != 200) return none;
    const std::vector<std::string> headers = {"X-aws-ec2-metadata-token: " + token->body};
    const std::string roles = host + "/latest/meta-data/iam/security-credentials/";
    const auto role = http_.call(
        {.url = roles, .headers = headers, .max_answer_bytes = kMostBytes, .give_up_after_seconds = kPatience});
    if (!role || role->status != 200 || trim(role->body).empty()) {
      return Error{ErrorCode::kInvalidArgument,
                   std::string("this machine has no role that could read S3: attach one, or ") + kAdvice};
    }
    const std::string url = roles + std::string(trim(role->body.substr(0, role->body.find('\n'))));
    PRETAG_ASSIGN(
        const HttpAnswer answer,
        http_.call(
            {.url = url, .headers = headers, .max_answer_bytes = kMostBytes, .give_up_after_seconds = kPatience}));
    if (answer.status != 200) return refusal(url, answer);
    return from_json(answer.body, url);
  }

  const EnvironmentLookup environment_;
  const AwsProfile profile_;
  const FileSystem& files_;
  const HttpClient& http_;
  Renewed<AwsCredentials> known_;
};

}  // namespace

int64_t unix_time_now() { return std::time(nullptr); }

std::unique_ptr<CredentialsProvider> fixed_credentials(AwsCredentials credentials) {
  return std::make_unique<FixedCredentials>(std::move(credentials));
}

std::unique_ptr<CredentialsProvider> no_credentials(Error reason) {
  return std::make_unique<NoCredentials>(std::move(reason));
}

std::unique_ptr<CredentialsProvider> credential_chain(EnvironmentLookup environment, AwsProfile profile,
                                                      const FileSystem& files, const HttpClient& http, UnixTime now) {
  return std::make_unique<Chain>(std::move(environment), std::move(profile), files, http, std::move(now));
}

}  // namespace pretag
