#include "pretag/bucket/credentials.h"

#include <ctime>
#include <utility>

#include "pretag/bucket/aws_profile_credentials.h"
#include "pretag/bucket/aws_sources.h"

namespace pretag {
namespace {

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
  Result<AwsCredentials> look() const {
    const AwsSurroundings around{environment_, files_, http_, known_.now()};
    if (auto given = credentials_in_variables(around)) return *std::move(given);
    if (const std::string token_file = around.variable("AWS_WEB_IDENTITY_TOKEN_FILE"); !token_file.empty()) {
      return credentials_of_web_identity(
          around, {token_file, around.variable("AWS_ROLE_ARN"), around.variable("AWS_ROLE_SESSION_NAME")});
    }
    PRETAG_ASSIGN(auto of_profile, credentials_of_profile(around, aws_profile_name(environment_), profile_));
    if (of_profile) return *std::move(of_profile);
    const std::string address = address_of_container_credentials(around);
    return address.empty() ? credentials_of_machine(around) : credentials_of_container(around, address);
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
