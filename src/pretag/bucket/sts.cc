#include "pretag/bucket/sts.h"

#include <fmt/format.h>

#include <pugixml.hpp>
#include <utility>

#include "pretag/io/http_client.h"
#include "pretag/util/iso_time.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr size_t kMostBytes = 1 << 20;  // of an answer with credentials
constexpr double kPatience = 10;        // seconds; others wait for the same answer

class AssumedRole final : public CredentialsProvider {
 public:
  AssumedRole(AwsRole role, std::shared_ptr<CredentialsProvider> own, const HttpClient& http, UnixTime now,
              int64_t ahead)
      : role_(std::move(role)), own_(std::move(own)), http_(http), known_(std::move(now), ahead) {}

  Result<AwsCredentials> get() override {
    return known_.get([this] { return take(); });
  }
  void forget() override { known_.forget(); }

 private:
  Result<AwsCredentials> take() const {
    auto taken = try_to_take();
    if (taken || taken.error().code != ErrorCode::kUnavailable) return taken;
    own_->forget();  // ours may have been the ones that have expired
    return try_to_take();
  }

  Result<AwsCredentials> try_to_take() const {
    const auto own = own_->get();
    if (!own) return own.error().in("the server's own credentials, to take " + one_line(role_.arn) + " with");
    return take_role(role_, *own, http_, known_.now());
  }

  const AwsRole role_;
  const std::shared_ptr<CredentialsProvider> own_;
  const HttpClient& http_;
  Renewed<AwsCredentials> known_;
};

}  // namespace

Result<AwsCredentials> parse_sts_credentials(const std::string& xml, const std::string& where) {
  pugi::xml_document document;
  document.load_buffer(xml.data(), xml.size());
  const pugi::xml_node found = document.select_node("//Credentials").node();
  const auto expires = parse_iso_time(found.child_value("Expiration"));
  AwsCredentials credentials{found.child_value("AccessKeyId"), found.child_value("SecretAccessKey"),
                             found.child_value("SessionToken"), expires.value_or(0)};
  if (!credentials.access_key_id.empty() && !credentials.secret_access_key.empty() && expires) return credentials;
  return Error{ErrorCode::kCorrupt, where + ": the answer holds no credentials"};
}

Result<AwsCredentials> take_role(const AwsRole& role, const AwsCredentials& own, const HttpClient& http, int64_t now) {
  std::string endpoint = role.endpoint;
  while (endpoint.ends_with('/')) endpoint.pop_back();
  if (endpoint.empty()) endpoint = sts_host(role.region);
  BucketAddress address{.scheme_and_host = endpoint,
                        .path = "/",
                        .query = {{"Action", "AssumeRole"},
                                  {"Version", "2011-06-15"},
                                  {"RoleArn", role.arn},
                                  {"RoleSessionName", role.session_name},
                                  {"DurationSeconds", "3600"}}};
  if (!role.external_id.empty()) address.query.emplace_back("ExternalId", role.external_id);
  const std::string url =
      presigned_url(address, own, {.region = role.region, .now = now, .service = "sts", .payload = kNoPayload});
  PRETAG_ASSIGN(const HttpAnswer answer,
                http.call({.url = url, .max_answer_bytes = kMostBytes, .give_up_after_seconds = kPatience}));
  if (answer.status == 200) return parse_sts_credentials(answer.body, endpoint);
  return sts_refusal(answer, endpoint, role.arn,
                     "its trust policy has to name the identity that takes it, and the external id if there is one, "
                     "and that identity's credentials have to be good");
}

std::string sts_host(const std::string& region) {
  if (region.empty()) return "https://sts.amazonaws.com";
  return fmt::format("https://sts.{}.amazonaws.com{}", region, region.starts_with("cn-") ? ".cn" : "");
}

Error sts_refusal(const HttpAnswer& answer, const std::string& endpoint, const std::string& role,
                  const std::string& advice) {
  if (answer.status == 429 || answer.status >= 500) {
    return {ErrorCode::kIo, fmt::format("{}: answered {}", endpoint, answer.status)};
  }
  pugi::xml_document document;
  document.load_buffer(answer.body.data(), answer.body.size());
  const pugi::xml_node said = document.select_node("//Error").node();
  constexpr size_t kLongest = 300;  // it tells who may not do what
  const std::string words = one_line(said.child_value("Message"), kLongest);
  return {ErrorCode::kUnavailable, fmt::format("the role {} cannot be taken: {} {}; {}", one_line(role), answer.status,
                                               words.empty() ? one_line(said.child_value("Code")) : words, advice)};
}

std::string sts_endpoint(const EnvironmentLookup& environment) {
  for (const char* name : {"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"}) {
    if (const auto value = environment(name); value && !value->empty()) return *value;
  }
  return {};
}

std::unique_ptr<CredentialsProvider> assumed_role(AwsRole role, std::shared_ptr<CredentialsProvider> own,
                                                  const HttpClient& http, UnixTime now, int64_t ahead) {
  return std::make_unique<AssumedRole>(std::move(role), std::move(own), http, std::move(now), ahead);
}

}  // namespace pretag
