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
  AssumedRole(AwsRole role, std::shared_ptr<CredentialsProvider> own, const HttpClient& http, UnixTime now)
      : role_(std::move(role)), own_(std::move(own)), http_(http), known_(std::move(now)) {
    while (role_.endpoint.ends_with('/')) role_.endpoint.pop_back();
    if (role_.endpoint.empty()) {
      role_.endpoint =
          fmt::format("https://sts.{}.amazonaws.com{}", role_.region, role_.region.starts_with("cn-") ? ".cn" : "");
    }
  }

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
    const BucketAddress address{.scheme_and_host = role_.endpoint,
                                .path = "/",
                                .query = {{"Action", "AssumeRole"},
                                          {"Version", "2011-06-15"},
                                          {"RoleArn", role_.arn},
                                          {"RoleSessionName", "pretag"},
                                          {"ExternalId", role_.external_id},
                                          {"DurationSeconds", "3600"}}};
    const std::string url = presigned_url(
        address, *own, {.region = role_.region, .now = known_.now(), .service = "sts", .payload = kNoPayload});
    PRETAG_ASSIGN(const HttpAnswer answer,
                  http_.call({.url = url, .max_answer_bytes = kMostBytes, .give_up_after_seconds = kPatience}));
    if (answer.status == 200) return parse_sts_credentials(answer.body, role_.endpoint);
    if (answer.status == 429 || answer.status >= 500) {
      return Error{ErrorCode::kIo, fmt::format("{}: answered {}", role_.endpoint, answer.status)};
    }
    pugi::xml_document document;
    document.load_buffer(answer.body.data(), answer.body.size());
    const pugi::xml_node said = document.select_node("//Error").node();
    const std::string words = one_line(said.child_value("Message"));
    return Error{ErrorCode::kUnavailable,
                 fmt::format("the role {} cannot be taken: {} {}; its trust policy has to name the server's own "
                             "identity and the external id, and the server's own credentials have to be good",
                             one_line(role_.arn), answer.status, words.empty() ? said.child_value("Code") : words)};
  }

  AwsRole role_;
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

std::string sts_endpoint(const EnvironmentLookup& environment) {
  for (const char* name : {"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"}) {
    if (const auto value = environment(name); value && !value->empty()) return *value;
  }
  return {};
}

std::unique_ptr<CredentialsProvider> assumed_role(AwsRole role, std::shared_ptr<CredentialsProvider> own,
                                                  const HttpClient& http, UnixTime now) {
  return std::make_unique<AssumedRole>(std::move(role), std::move(own), http, std::move(now));
}

}  // namespace pretag
