#include "pretag/bucket/aws_sources.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "pretag/bucket/sts.h"
#include "pretag/io/file_system.h"
#include "pretag/io/http_client.h"
#include "pretag/io/program.h"
#include "pretag/util/iso_time.h"
#include "pretag/util/percent.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr size_t kMostBytes = 1 << 20;  // of an answer with credentials
constexpr double kPatience = 10;        // seconds; others wait for the same answer
constexpr char kAdvice[] =
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or for a public bucket AWS_NO_SIGN_REQUEST=YES";

// {"AccessKeyId": …, "SecretAccessKey": …, "<token>": …, "Expiration": …}; a program's may be good for ever.
Result<AwsCredentials> from_json(const std::string& body, const std::string& where, const char* token,
                                 bool must_expire) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  const auto text = [&](const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : "";
  };
  const std::string expiration = text("Expiration");
  const bool for_ever = !must_expire && expiration.empty();
  const auto expires = for_ever ? std::optional(INT64_MAX) : parse_iso_time(expiration);
  AwsCredentials credentials{text("AccessKeyId"), text("SecretAccessKey"), text(token), expires.value_or(0)};
  if (!credentials.access_key_id.empty() && !credentials.secret_access_key.empty() && expires) return credentials;
  return Error{ErrorCode::kCorrupt, where + ": the answer holds no credentials"};
}

Error refusal(const std::string& where, const HttpAnswer& answer) {
  const bool may_pass = answer.status == 429 || answer.status >= 500;
  return {may_pass ? ErrorCode::kIo : ErrorCode::kUnavailable, fmt::format("{}: answered {}", where, answer.status)};
}

Result<std::string> token_from_file(const FileSystem& files, const std::string& path) {
  PRETAG_ASSIGN(const auto bytes, files.read(path, kMostBytes));
  return std::string(trim({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
}

}  // namespace

std::optional<AwsCredentials> credentials_in_variables(const AwsSurroundings& around) {
  AwsCredentials given{around.variable("AWS_ACCESS_KEY_ID"), around.variable("AWS_SECRET_ACCESS_KEY"),
                       around.variable("AWS_SESSION_TOKEN")};
  const bool complete = !given.access_key_id.empty() && !given.secret_access_key.empty();
  return complete ? std::optional(std::move(given)) : std::nullopt;
}

Result<AwsCredentials> credentials_of_web_identity(const AwsSurroundings& around, const AwsWebIdentity& identity) {
  PRETAG_ASSIGN(const std::string token, token_from_file(around.files, identity.token_file));
  std::string region = around.variable("AWS_REGION");
  if (region.empty()) region = around.variable("AWS_DEFAULT_REGION");
  std::string host = around.variable("AWS_ENDPOINT_URL_STS");
  if (host.empty()) host = sts_host(region);
  const std::string session = identity.session_name.empty() ? "pretag" : identity.session_name;
  PRETAG_ASSIGN(
      const HttpAnswer answer,
      around.http.call(
          {.method = "POST",
           .url = host + "/",
           .content_type = "application/x-www-form-urlencoded",
           .body = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=" + percent_encode(identity.role_arn) +
                   "&RoleSessionName=" + percent_encode(session) + "&WebIdentityToken=" + percent_encode(token),
           .max_answer_bytes = kMostBytes,
           .give_up_after_seconds = kPatience}));
  if (answer.status == 200) return parse_sts_credentials(answer.body, host);
  return sts_refusal(
      answer, host, identity.role_arn,
      "its trust policy has to name whoever issues the tokens in " + identity.token_file + " and whom they are for");
}

std::string address_of_container_credentials(const AwsSurroundings& around) {
  const std::string relative = around.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  return relative.empty() ? around.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") : "http://169.254.170.2" + relative;
}

Result<AwsCredentials> credentials_of_container(const AwsSurroundings& around, const std::string& address) {
  std::string token = around.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (const std::string file = around.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); !file.empty()) {
    PRETAG_ASSIGN(token, token_from_file(around.files, file));
  }
  HttpCall call{.url = address, .max_answer_bytes = kMostBytes, .give_up_after_seconds = kPatience};
  if (!token.empty()) call.headers.push_back("Authorization: " + token);
  constexpr char kWhere[] = "the container's credentials";
  const auto answer = around.http.call(call);
  if (!answer) return Error{answer.error().code, std::string(kWhere) + ": cannot be reached"};
  if (answer->status != 200) return refusal(kWhere, *answer);
  return from_json(answer->body, kWhere, "Token", true);
}

Result<AwsCredentials> credentials_of_machine(const AwsSurroundings& around) {
  const Error none{ErrorCode::kInvalidArgument, std::string("there are no credentials for S3: ") + kAdvice};
  if (to_lower(around.variable("AWS_EC2_METADATA_DISABLED")) == "true") return none;
  std::string host = around.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  if (host.empty()) host = "http://169.254.169.254";
  while (host.ends_with('/')) host.pop_back();
  constexpr double kSeconds = 2;  // elsewhere than on EC2 nobody answers
  const auto token = around.http.call({.method = "PUT",
                                       .url = host + "/latest/api/token",
                                       .headers = {"X-aws-ec2-metadata-token-ttl-seconds: 21600"},
                                       .max_answer_bytes = kMostBytes,
                                       .give_up_after_seconds = kSeconds});
  if (!token || token->status != 200) return none;
  const std::vector<std::string> headers = {"X-aws-ec2-metadata-token: " + token->body};
  const std::string roles = host + "/latest/meta-data/iam/security-credentials/";
  const auto role = around.http.call(
      {.url = roles, .headers = headers, .max_answer_bytes = kMostBytes, .give_up_after_seconds = kPatience});
  if (!role || role->status != 200 || trim(role->body).empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 std::string("this machine has no role that could read S3: attach one, or ") + kAdvice};
  }
  const std::string url = roles + std::string(trim(role->body.substr(0, role->body.find('\n'))));
  PRETAG_ASSIGN(
      const HttpAnswer answer,
      around.http.call(
          {.url = url, .headers = headers, .max_answer_bytes = kMostBytes, .give_up_after_seconds = kPatience}));
  if (answer.status != 200) return refusal(url, answer);
  return from_json(answer.body, url, "Token", true);
}

Result<AwsCredentials> credentials_of_program(const std::vector<std::string>& command) {
  constexpr double kSeconds = 60;  // it may ask a service, too
  PRETAG_ASSIGN(const std::string output, output_of_program(command, kMostBytes, kSeconds));
  return from_json(output, one_line(command[0]), "SessionToken", false);
}

Result<AwsCredentials> credentials_of_program(const std::string& line) {
  const auto command = command_words(line);
  if (!command) return Error{ErrorCode::kInvalidArgument, "credential_process: a quote has no end, or it is empty"};
  const auto given = credentials_of_program(*command);
  return given ? given : given.error().in("credential_process");
}

}  // namespace pretag
