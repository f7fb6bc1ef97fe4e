#include "pretag/bucket/aws_profile_credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "support/scripted_world.h"
#include "support/temporary_folder.h"

namespace pretag {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr int64_t kHour = 3600;

HttpAnswer role_answer(const std::string& id) {
  return {
      .status = 200,
      .body = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>" + id +
              "</AccessKeyId><SecretAccessKey>s3cret</SecretAccessKey><SessionToken>t0ken</SessionToken>"
              "<Expiration>2023-11-14T23:13:20Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"};
}

// Whose key an address is signed with.
std::string signer_of(const HttpCall& call) {
  const std::string before = "X-Amz-Credential=";
  const size_t begin = call.url.find(before);
  return begin == std::string::npos
             ? ""
             : call.url.substr(begin + before.size(), call.url.find("%2F", begin) - begin - before.size());
}

// Profiles in ~/.aws/config, and a token service that gives roles by the last word of their names.
class ProfileCredentials : public ScriptedWorldTest {
 protected:
  ProfileCredentials() { environment_ = {{"HOME", "/home/me"}}; }

  Result<std::optional<AwsCredentials>> find(const std::string& name) {
    files_.add("/home/me/.aws/config", config_);
    const AwsProfile profile = *read_aws_profile(name, lookup_in(environment_), files_);
    return credentials_of_profile({lookup_in(environment_), files_, http_, kNow}, name, profile);
  }
  // The id that is found, or what is wrong.
  std::string id(const std::string& name) {
    const auto found = find(name);
    if (!found) return found.error().message;
    return *found ? (*found)->access_key_id : "none";
  }

  std::string config_;
  std::optional<HttpAnswer> refusal_;

  Result<HttpAnswer> answer_to(const HttpCall& call) const override {
    if (refusal_) return *refusal_;
    const size_t role = services_.contains(call.url) ? std::string::npos : call.url.find("role%2F");
    if (role == std::string::npos) return ScriptedWorldTest::answer_to(call);
    return role_answer(call.url.substr(role + 7, call.url.find('&', role) - role - 7));
  }
};

constexpr char kKey[] = "aws_access_key_id = KEY\naws_secret_access_key = s3cret\n";

TEST_F(ProfileCredentials, MayBeAKeyOrNothing) {
  config_ = std::string("[default]\n") + kKey + "[profile empty]\nregion = eu-west-1\n";
  EXPECT_EQ(id("default"), "KEY");
  EXPECT_EQ(id("empty"), "none");
}

TEST_F(ProfileCredentials, OfARoleAreTakenWithThoseOfAnotherProfile) {
  config_ = std::string("[profile base]\n") + kKey +
            "[profile dev]\nrole_arn = arn:aws:iam::1:role/READER\nsource_profile = base\nexternal_id = e+1\n"
            "role_session_name = anna\nregion = eu-west-1\n";
  const auto found = find("dev");
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ((*found)->access_key_id, "READER");
  EXPECT_EQ((*found)->session_token, "t0ken");
  EXPECT_EQ((*found)->expires, kNow + kHour);
  const HttpCall call = http_.calls().at(0);
  EXPECT_EQ(signer_of(call), "KEY");
  EXPECT_THAT(call.url, AllOf(StartsWith("https://sts.eu-west-1.amazonaws.com/?"), HasSubstr("RoleSessionName=anna"),
                              HasSubstr("ExternalId=e%2B1")));
  environment_["AWS_REGION"] = "eu-central-1";
  environment_["AWS_ENDPOINT_URL_STS"] = "http://localhost:1/";
  EXPECT_EQ(id("dev"), "READER");
  EXPECT_THAT(http_.calls().back().url, AllOf(StartsWith("http://localhost:1/?"), HasSubstr("%2Feu-central-1%2Fsts")));
}

TEST_F(ProfileCredentials, OfARoleMayBeTakenWithAnotherRole) {
  config_ = std::string("[profile base]\n") + kKey +
            "[profile hub]\nrole_arn = arn:aws:iam::1:role/HUB\nsource_profile = base\n"
            "[profile dev]\nrole_arn = arn:aws:iam::2:role/READER\nsource_profile = hub\n";
  EXPECT_EQ(id("dev"), "READER");
  ASSERT_EQ(http_.calls().size(), 2u);
  EXPECT_EQ(signer_of(http_.calls()[0]), "KEY");
  EXPECT_EQ(signer_of(http_.calls()[1]), "HUB");
  EXPECT_THAT(http_.calls()[1].url, Not(HasSubstr("ExternalId"))) << "none is asked for";
}

TEST_F(ProfileCredentials, OfARoleMayBeTakenWithItsOwnProfilesKey) {
  config_ = std::string("[profile dev]\nrole_arn = arn:aws:iam::1:role/READER\nsource_profile = dev\n") + kKey;
  EXPECT_EQ(id("dev"), "READER");
  EXPECT_EQ(signer_of(http_.calls().at(0)), "KEY");
}

TEST_F(ProfileCredentials, OfARoleMayBeTakenWithWhatTheSurroundingsGive) {
  const auto use = [this](const char* place) {
    config_ = std::string("[profile dev]\nrole_arn = arn:aws:iam::1:role/READER\ncredential_source = ") + place + "\n";
  };
  use("Environment");
  EXPECT_THAT(id("dev"), HasSubstr("AWS_ACCESS_KEY_ID"));
  environment_["AWS_ACCESS_KEY_ID"] = "VARIABLE";
  environment_["AWS_SECRET_ACCESS_KEY"] = "s3cret";
  EXPECT_EQ(id("dev"), "READER");
  EXPECT_EQ(signer_of(http_.calls().back()), "VARIABLE");

  const std::string given = R"(", "SecretAccessKey": "s", "Token": "t", "Expiration": "2023-11-14T23:13:20Z"})";
  use("EcsContainer");
  EXPECT_THAT(id("dev"), HasSubstr("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"));
  environment_["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/1";
  services_["http://169.254.170.2/1"] = {.status = 200, .body = R"({"AccessKeyId": "CONTAINER)" + given};
  EXPECT_EQ(id("dev"), "READER");
  EXPECT_EQ(signer_of(http_.calls().back()), "CONTAINER");

  use("Ec2InstanceMetadata");
  services_["http://169.254.169.254/latest/api/token"] = {.status = 200, .body = "m"};
  services_["http://169.254.169.254/latest/meta-data/iam/security-credentials/"] = {.status = 200, .body = "r"};
  services_["http://169.254.169.254/latest/meta-data/iam/security-credentials/r"] = {
      .status = 200, .body = R"({"AccessKeyId": "MACHINE)" + given};
  EXPECT_EQ(id("dev"), "READER");
  EXPECT_EQ(signer_of(http_.calls().back()), "MACHINE");
}

TEST_F(ProfileCredentials, OfARoleMayBeTakenForAToken) {
  config_ = "[profile dev]\nrole_arn = arn:aws:iam::1:role/READER\nweb_identity_token_file = /token\n";
  files_.add("/token", "of the pod\n");
  services_["https://sts.amazonaws.com/"] = role_answer("WEB");
  EXPECT_EQ(id("dev"), "WEB");
  EXPECT_THAT(http_.calls().at(0).body, HasSubstr("&WebIdentityToken=of%20the%20pod"));
}

TEST_F(ProfileCredentials, OfAProgramAreWhatItWrites) {
  config_ =
      R"([profile dev]
credential_process = sh -c 'echo "{\"Version\": 1, \"AccessKeyId\": \"$0\", \"SecretAccessKey\": \"s\", \"SessionToken\": \"t\", \"Expiration\": \"2023-11-14T23:13:20Z\"}"' PROGRAM
[profile forever]
credential_process = echo "{\"AccessKeyId\": \"FOREVER\", \"SecretAccessKey\": \"s\"}"
[profile role]
role_arn = arn:aws:iam::1:role/READER
source_profile = dev
)";
  const auto found = find("dev");
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ((*found)->access_key_id, "PROGRAM");
  EXPECT_EQ((*found)->session_token, "t");
  EXPECT_EQ((*found)->expires, kNow + kHour);
  EXPECT_EQ((*find("forever"))->expires, INT64_MAX);
  EXPECT_EQ(id("role"), "READER");
  EXPECT_EQ(signer_of(http_.calls().back()), "PROGRAM");
}

TEST_F(ProfileCredentials, OfAProgramThatFailsAreMissedWithItsWords) {
  config_ = "[profile dev]\ncredential_process = sh -c 'echo the session has ended >&2; exit 2' s3cret\n";
  EXPECT_THAT(id("dev"),
              AllOf(HasSubstr("'dev'"), HasSubstr("credential_process"), HasSubstr("the session has ended")));
  EXPECT_EQ(find("dev").error().code, ErrorCode::kUnavailable);
  for (const char* line : {"echo", "echo {}", "no-such-helper s3cret", "'s3cret",
                           R"(echo '{"AccessKeyId": "a", "SecretAccessKey": "s3cret", "Expiration": "soon"}')"}) {
    config_ = std::string("[profile dev]\ncredential_process = ") + line + "\n";
    EXPECT_THAT(id("dev"), AllOf(HasSubstr("credential_process"), Not(HasSubstr("s3cret")))) << line;
  }
}

// A program called aws in front of all others.
class SingleSignOn : public ProfileCredentials {
 protected:
  void SetUp() override { setenv("PATH", (folder_.path() + ":" + path_).c_str(), 1); }
  void TearDown() override { setenv("PATH", path_.c_str(), 1); }
  void use_tool(const std::string& script) {
    const std::string tool = folder_.path() + "/aws";
    std::ofstream(tool) << "#!/bin/sh\n" << script;
    std::filesystem::permissions(tool, std::filesystem::perms::owner_all);
  }
  const std::string path_ = getenv("PATH");
  TemporaryFolder folder_;
};

TEST_F(SingleSignOn, IsTheAffairOfTheAwsTool) {
  for (const char* setting : {"sso_session = work", "sso_start_url = https://work.awsapps.com/start"}) {
    config_ = std::string("[profile my dev]\n") + setting + "\nsso_account_id = 1\n";
    use_tool(R"(test "$*" = "configure export-credentials --profile my dev --format process" || exit 9
echo '{"Version": 1, "AccessKeyId": "SSO", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2023-11-14T23:13:20+00:00"}')");
    EXPECT_EQ(id("my dev"), "SSO");
  }
  use_tool("echo 'Error loading SSO Token: Token for work does not exist' >&2; exit 255");
  EXPECT_THAT(id("my dev"), AllOf(HasSubstr("'my dev'"), HasSubstr("Token for work does not exist"),
                                  HasSubstr("aws sso login --profile my dev")));
  setenv("PATH", folder_.path().c_str(), 1);
  std::filesystem::remove(folder_.path() + "/aws");
  EXPECT_THAT(id("my dev"), HasSubstr("needs the AWS command line tool"));
  EXPECT_EQ(find("my dev").error().code, ErrorCode::kUnsupported);
}

TEST_F(ProfileCredentials, ThatCannotBeHadAreToldByProfile) {
  const std::string role = "[profile dev]\nrole_arn = arn:aws:iam::1:role/READER\n";
  for (const auto& [more, words] : std::map<std::string, std::string>{
           {"", "source_profile"},
           {"source_profile = a\ncredential_source = Environment\n", "source_profile"},
           {"credential_source = Moon\n", "'Moon'"},
           {"source_profile = gone\n", "no profile 'gone'"},
           {"source_profile = dev\n", "has no key"},
           {"source_profile = empty\n[profile empty]\nregion = x\n", "'empty' has no credentials"},
           {"source_profile = b\n[profile b]\nrole_arn = arn:aws:iam::1:role/B\nsource_profile = dev\n", "too many"},
           {"source_profile = b\nmfa_serial = arn:aws:iam::1:mfa/anna\n", "mfa_serial"}}) {
    config_ = role + more;
    EXPECT_THAT(id("dev"), AllOf(HasSubstr("the AWS profile '"), HasSubstr(words)));
  }
  EXPECT_THAT(http_.calls(), IsEmpty());
}

TEST_F(ProfileCredentials, OfARoleThatIsRefusedAreToldWithTheRole) {
  config_ = std::string("[profile base]\n") + kKey +
            "[profile dev]\nrole_arn = arn:aws:iam::1:role/READER\nsource_profile = base\n";
  refusal_ = HttpAnswer{.status = 403,
                        .body = "<ErrorResponse><Error><Message>not authorized</Message></Error></ErrorResponse>"};
  EXPECT_THAT(id("dev"),
              AllOf(HasSubstr("arn:aws:iam::1:role/READER"), HasSubstr("not authorized"), Not(HasSubstr("s3cret"))));
}

}  // namespace
}  // namespace pretag
