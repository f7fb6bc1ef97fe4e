#include "pretag/bucket/aws_profile_credentials.h"

#include <fmt/format.h>

#include <utility>

#include "pretag/bucket/sts.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

using Found = Result<std::optional<AwsCredentials>>;

constexpr int kMostRoles = 5;  // one taken with the other

class ProfileReader {
 public:
  ProfileReader(const AwsSurroundings& around, std::string name, const AwsProfile& profile)
      : around_(around), name_(std::move(name)), profile_(profile) {}

  Found credentials(int roles) const {
    if (!setting("role_arn").empty()) {
      PRETAG_ASSIGN(const AwsCredentials taken, of_role(roles));
      return std::optional(taken);
    }
    if (auto key = stored_key()) return key;
    if (const std::string program = setting("credential_process"); !program.empty()) {
      auto given = credentials_of_program(program);
      if (!given) return given.error().in(where());
      return std::optional(*std::move(given));
    }
    if (!setting("sso_session").empty() || !setting("sso_start_url").empty()) {
      PRETAG_ASSIGN(const AwsCredentials given, of_single_sign_on());
      return std::optional(given);
    }
    return std::optional<AwsCredentials>();
  }

 private:
  std::string setting(const char* name) const {
    const auto found = profile_.find(name);
    return found == profile_.end() ? "" : found->second;
  }
  std::string where() const { return fmt::format("the AWS profile '{}'", one_line(name_)); }
  Error invalid(const std::string& message) const { return {ErrorCode::kInvalidArgument, where() + ": " + message}; }

  std::optional<AwsCredentials> stored_key() const {
    AwsCredentials stored{setting("aws_access_key_id"), setting("aws_secret_access_key"), setting("aws_session_token")};
    const bool complete = !stored.access_key_id.empty() && !stored.secret_access_key.empty();
    return complete ? std::optional(std::move(stored)) : std::nullopt;
  }

  Result<AwsCredentials> of_role(int roles) const {
    const std::string token_file = setting("web_identity_token_file"), role = setting("role_arn");
    if (!token_file.empty()) {
      return credentials_of_web_identity(around_, {token_file, role, setting("role_session_name")});
    }
    if (!setting("mfa_serial").empty()) {
      return Error{ErrorCode::kUnsupported,
                   where() +
                       ": its role asks for a code of a person (mfa_serial): run eval \"$(aws configure "
                       "export-credentials --format env)\" before"};
    }
    PRETAG_ASSIGN(const AwsCredentials own, source(roles));
    std::string region = around_.variable("AWS_REGION");
    if (region.empty()) region = around_.variable("AWS_DEFAULT_REGION");
    if (region.empty()) region = setting("region");
    AwsRole wanted{.arn = role,
                   .external_id = setting("external_id"),
                   .region = region.empty() ? "us-east-1" : region,
                   .endpoint = sts_endpoint(around_.environment)};
    if (const std::string session = setting("role_session_name"); !session.empty()) wanted.session_name = session;
    return take_role(wanted, own, around_.http, around_.now);
  }

  // Those that a role is taken with.
  Result<AwsCredentials> source(int roles) const {
    const std::string other = setting("source_profile"), place = setting("credential_source");
    if (other.empty() == place.empty()) {
      return invalid("role_arn needs a source_profile, or else a credential_source (or a web_identity_token_file)");
    }
    if (place == "Environment") {
      if (auto given = credentials_in_variables(around_)) return *std::move(given);
      return invalid("its credential_source is Environment, where AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not");
    }
    if (place == "Ec2InstanceMetadata") return credentials_of_machine(around_);
    if (place == "EcsContainer") {
      const std::string address = address_of_container_credentials(around_);
      if (!address.empty()) return credentials_of_container(around_, address);
      return invalid("its credential_source is EcsContainer, but AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set");
    }
    if (!place.empty()) {
      return invalid("credential_source '" + one_line(place) +
                     "' is neither Environment nor Ec2InstanceMetadata nor EcsContainer");
    }
    if (other == name_) {  // a key, and a role to take with it
      if (auto key = stored_key()) return *std::move(key);
      return invalid("is its own source_profile, but has no key");
    }
    if (roles >= kMostRoles) return invalid("its role is taken by way of too many others");
    auto profile = read_aws_profile(other, around_.environment, around_.files);
    if (!profile) return profile.error().in(where() + ", source_profile");
    PRETAG_ASSIGN(auto found, ProfileReader(around_, other, *profile).credentials(roles + 1));
    if (found) return *std::move(found);
    return invalid("its source_profile '" + one_line(other) + "' has no credentials");
  }

  // What a login has left is the AWS tool's own affair, and so is its renewal.
  Result<AwsCredentials> of_single_sign_on() const {
    auto given =
        credentials_of_program({"aws", "configure", "export-credentials", "--profile", name_, "--format", "process"});
    if (given) return given;
    const Error& error = given.error();
    if (error.code == ErrorCode::kNotFound) {
      return Error{ErrorCode::kUnsupported,
                   where() + ": single sign-on needs the AWS command line tool, version 2, to be installed"};
    }
    return Error{error.code, fmt::format("{}: {}; log in with: aws sso login --profile {}", where(), error.message,
                                         one_line(name_))};
  }

  const AwsSurroundings& around_;
  const std::string name_;
  const AwsProfile& profile_;
};

}  // namespace

Result<std::optional<AwsCredentials>> credentials_of_profile(const AwsSurroundings& around, const std::string& name,
                                                             const AwsProfile& profile) {
  return ProfileReader(around, name, profile).credentials(0);
}

}  // namespace pretag
