#include "pretag/bucket/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/scripted_world.h"

namespace pretag {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr int64_t kHour = 3600;
constexpr char kInAnHour[] = "2023-11-14T23:13:20Z";
constexpr char kInTwoHours[] = "2023-11-15T00:13:20.5Z";

HttpAnswer json_for(const std::string& id, const std::string& expiration = kInAnHour) {
  return {.status = 200,
          .body = R"({"Code": "Success", "AccessKeyId": ")" + id +
                  R"(", "SecretAccessKey": "s3cret", "Token": "t0ken", "Expiration": ")" + expiration + R"("})"};
}

HttpAnswer xml_for(const std::string& id, const std::string& secret = "s3cret") {
  return {.status = 200,
          .body =
              "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
              "<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>" +
              id + "</AccessKeyId><SecretAccessKey>" + secret +
              "</SecretAccessKey><SessionToken>t0ken</SessionToken><Expiration>" + kInAnHour +
              "</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"};
}

class CredentialsTest : public ScriptedWorldTest {
 protected:
  std::unique_ptr<CredentialsProvider> chain() {
    return credential_chain(lookup_in(environment_), profile_, files_, http_, [this] { return now_; });
  }
  Result<AwsCredentials> look() { return chain()->get(); }
  std::string id() {
    const auto found = look();
    return found ? found->access_key_id : found.error().message;
  }

  void use_machine(const std::string& host = "http://169.254.169.254") {
    services_[host + "/latest/api/token"] = HttpAnswer{200, "metadata-token"};
    services_[host + "/latest/meta-data/iam/security-credentials/"] = HttpAnswer{200, "reader\nother\n"};
    services_[host + "/latest/meta-data/iam/security-credentials/reader"] = json_for("MACHINE");
  }
  void use_container() {
    environment_["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/1";
    services_["http://169.254.170.2/v2/credentials/1"] = json_for("CONTAINER");
  }
  void use_profile() {
    profile_ = {{"aws_access_key_id", "PROFILE"}, {"aws_secret_access_key", "s3cret"}, {"aws_session_token", "t0ken"}};
  }
  void use_web_identity() {
    files_.add("/run/token", "web-identity-token+/=\n");
    environment_["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/run/token";
    environment_["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/reader";
    services_["https://sts.amazonaws.com/"] = xml_for("WEB");
  }
  void use_variables() {
    environment_["AWS_ACCESS_KEY_ID"] = "VARIABLE";
    environment_["AWS_SECRET_ACCESS_KEY"] = "s3cret";
  }

  AwsProfile profile_;
};

TEST_F(CredentialsTest, FixedOnesStayAsTheyAre) {
  const auto provider = fixed_credentials({"id", "secret", "token", 7});
  provider->forget();
  const auto found = provider->get();
  ASSERT_TRUE(found);
  EXPECT_THAT((std::vector{found->access_key_id, found->secret_access_key, found->session_token}),
              ElementsAre("id", "secret", "token"));
  EXPECT_EQ(found->expires, 7);
}

TEST_F(CredentialsTest, EverySourceComesBeforeTheOnesBehindIt) {
  use_machine();
  EXPECT_EQ(id(), "MACHINE");
  use_container();
  EXPECT_EQ(id(), "CONTAINER");
  use_profile();
  EXPECT_EQ(id(), "PROFILE");
  use_web_identity();
  EXPECT_EQ(id(), "WEB");
  use_variables();
  EXPECT_EQ(id(), "VARIABLE");
}

TEST_F(CredentialsTest, VariablesMayHoldASessionTokenAndNeverExpire) {
  use_variables();
  EXPECT_EQ(look()->session_token, "");
  environment_["AWS_SESSION_TOKEN"] = "t0ken";
  const auto found = look();
  EXPECT_EQ(found->secret_access_key, "s3cret");
  EXPECT_EQ(found->session_token, "t0ken");
  EXPECT_EQ(found->expires, INT64_MAX);
  EXPECT_THAT(http_.calls(), IsEmpty());
}

TEST_F(CredentialsTest, HalfAPairOfKeysIsNone) {
  use_profile();
  environment_["AWS_ACCESS_KEY_ID"] = "VARIABLE";
  EXPECT_EQ(id(), "PROFILE");
  environment_["AWS_SECRET_ACCESS_KEY"] = "";
  EXPECT_EQ(id(), "PROFILE");
}

TEST_F(CredentialsTest, AProfileMayHoldASessionToken) {
  use_profile();
  const auto found = look();
  EXPECT_EQ(found->secret_access_key, "s3cret");
  EXPECT_EQ(found->session_token, "t0ken");
}

TEST_F(CredentialsTest, AWebIdentityIsExchangedForCredentials) {
  use_web_identity();
  const auto found = look();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->secret_access_key, "s3cret");
  EXPECT_EQ(found->session_token, "t0ken");
  EXPECT_EQ(found->expires, kNow + kHour);
  const HttpCall call = http_.calls().at(0);
  EXPECT_EQ(call.method, "POST");
  EXPECT_EQ(call.content_type, "application/x-www-form-urlencoded");
  EXPECT_EQ(call.body,
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Freader"
            "&RoleSessionName=pretag&WebIdentityToken=web-identity-token%2B%2F%3D");
}

TEST_F(CredentialsTest, AWebIdentityIsExchangedInTheRegionAndUnderTheNameThatAreGiven) {
  use_web_identity();
  environment_["AWS_DEFAULT_REGION"] = "eu-west-1";
  services_["https://sts.eu-west-1.amazonaws.com/"] = xml_for("OF DEFAULT REGION");
  EXPECT_EQ(id(), "OF DEFAULT REGION");
  environment_["AWS_REGION"] = "eu-central-1";
  environment_["AWS_ROLE_SESSION_NAME"] = "night shift";
  services_["https://sts.eu-central-1.amazonaws.com/"] = xml_for("OF REGION");
  EXPECT_EQ(id(), "OF REGION");
  EXPECT_THAT(http_.calls().back().body, HasSubstr("&RoleSessionName=night%20shift&"));
  environment_["AWS_REGION"] = "cn-north-1";
  services_["https://sts.cn-north-1.amazonaws.com.cn/"] = xml_for("OF CHINA");
  EXPECT_EQ(id(), "OF CHINA");
}

TEST_F(CredentialsTest, AContainerMayGiveAWholeAddressAndAToken) {
  environment_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://169.254.170.23/v1/credentials";
  environment_["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "of variable";
  services_["http://169.254.170.23/v1/credentials"] = json_for("POD");
  const auto found = look();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->access_key_id, "POD");
  EXPECT_EQ(found->session_token, "t0ken");
  EXPECT_EQ(found->expires, kNow + kHour);
  EXPECT_THAT(http_.calls().back().headers, ElementsAre("Authorization: of variable"));
  files_.add("/run/authorization", "of file\n");
  environment_["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = "/run/authorization";
  EXPECT_EQ(id(), "POD");
  EXPECT_THAT(http_.calls().back().headers, ElementsAre("Authorization: of file"));
}

TEST_F(CredentialsTest, AContainerWithoutATokenIsAskedWithoutOne) {
  use_container();
  EXPECT_EQ(id(), "CONTAINER");
  EXPECT_THAT(http_.calls().at(0).headers, IsEmpty());
}

TEST_F(CredentialsTest, AMachineGivesThoseOfItsFirstRoleForATokenOfItsOwn) {
  use_machine();
  const auto found = look();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->access_key_id, "MACHINE");
  EXPECT_EQ(found->expires, kNow + kHour);
  const auto calls = http_.calls();
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_EQ(calls[0].method, "PUT");
  EXPECT_THAT(calls[0].headers, ElementsAre(StartsWith("X-aws-ec2-metadata-token-ttl-seconds: ")));
  EXPECT_GT(calls[0].give_up_after_seconds, 0) << "elsewhere nobody answers";
  for (const size_t i : {1u, 2u}) {
    EXPECT_EQ(calls[i].method, "GET");
    EXPECT_THAT(calls[i].headers, ElementsAre("X-aws-ec2-metadata-token: metadata-token"));
  }
}

TEST_F(CredentialsTest, TheMachinesServiceMayBeElsewhere) {
  environment_["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://[fd00:ec2::254]/";
  use_machine("http://[fd00:ec2::254]");
  EXPECT_EQ(id(), "MACHINE");
}

TEST_F(CredentialsTest, TheMachineIsNotAskedWhereThatIsSwitchedOff) {
  use_machine();
  environment_["AWS_EC2_METADATA_DISABLED"] = "True";
  EXPECT_THAT(id(), HasSubstr("there are no credentials"));
  EXPECT_THAT(http_.calls(), IsEmpty());
}

TEST_F(CredentialsTest, WithoutAnyThereIsAdvice) {
  const auto found = look();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kInvalidArgument);
  for (const char* variable : {"AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_NO_SIGN_REQUEST"}) {
    EXPECT_THAT(found.error().message, HasSubstr(variable));
  }
}

TEST_F(CredentialsTest, AMachineWithoutARoleIsTold) {
  use_machine();
  services_["http://169.254.169.254/latest/meta-data/iam/security-credentials/"] = HttpAnswer{404, ""};
  const auto found = look();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(found.error().message, HasSubstr("no role"));
}

TEST_F(CredentialsTest, AProfileWithoutCredentialsLeavesItToTheMachine) {
  use_machine();
  profile_ = {{"region", "eu-west-1"}};
  EXPECT_EQ(id(), "MACHINE");
  profile_ = {{"role_arn", "arn:aws:iam::1:role/reader"}};
  EXPECT_THAT(id(), HasSubstr("source_profile")) << "but what it asks for must be had";
}

TEST_F(CredentialsTest, TheyAreAskedForOnceAsLongAsTheyAreGood) {
  use_container();
  const auto provider = chain();
  now_ = kNow + kHour - 301;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(provider->get());
  EXPECT_EQ(http_.calls().size(), 1u);
}

TEST_F(CredentialsTest, TheyAreRenewedFiveMinutesBeforeTheyExpire) {
  use_container();
  const auto provider = chain();
  EXPECT_EQ(provider->get()->access_key_id, "CONTAINER");
  services_["http://169.254.170.2/v2/credentials/1"] = json_for("RENEWED", kInTwoHours);
  now_ = kNow + kHour - 301;
  EXPECT_EQ(provider->get()->access_key_id, "CONTAINER");
  now_ = kNow + kHour - 300;
  const auto renewed = provider->get();
  EXPECT_EQ(renewed->access_key_id, "RENEWED");
  EXPECT_EQ(renewed->expires, kNow + 2 * kHour);
}

TEST_F(CredentialsTest, WhileTheyAreStillGoodRenewalMayFail) {
  use_container();
  const auto provider = chain();
  EXPECT_TRUE(provider->get());
  services_.clear();
  now_ = kNow + kHour - 1;
  const auto old = provider->get();
  ASSERT_TRUE(old) << old.error().message;
  EXPECT_EQ(old->access_key_id, "CONTAINER");
  now_ = kNow + kHour;
  EXPECT_TRUE(provider->get().error().message.find("cannot be reached") != std::string::npos);
  use_container();  // it is back
  EXPECT_FALSE(provider->get()) << "it is not asked again at once";
  now_ += 10;
  EXPECT_TRUE(provider->get());
}

TEST_F(CredentialsTest, ForgottenOnesAreLookedForAgain) {
  use_container();
  const auto provider = chain();
  EXPECT_TRUE(provider->get());
  provider->forget();
  services_["http://169.254.170.2/v2/credentials/1"] = json_for("OTHER");
  EXPECT_EQ(provider->get()->access_key_id, "OTHER");
  provider->forget();
  services_.clear();
  EXPECT_FALSE(provider->get()) << "those that were refused are no way out";
}

TEST_F(CredentialsTest, AnswersWithoutCredentialsAreCorrupt) {
  use_container();
  for (const char* body : {"", "[]", "<html/>", R"({"AccessKeyId": "A", "SecretAccessKey": "B"})",
                           R"({"AccessKeyId": 1, "SecretAccessKey": "B", "Expiration": "2023-11-14T23:13:20Z"})",
                           R"({"AccessKeyId": "A", "Expiration": "2023-11-14T23:13:20Z"})",
                           R"({"AccessKeyId": "A", "SecretAccessKey": "B", "Expiration": "tomorrow"})"}) {
    services_["http://169.254.170.2/v2/credentials/1"] = HttpAnswer{200, body};
    const auto found = look();
    ASSERT_FALSE(found) << body;
    EXPECT_EQ(found.error().code, ErrorCode::kCorrupt) << body;
  }
}

TEST_F(CredentialsTest, AnExchangeOfAWebIdentityWithoutAKeyOrSecretIsCorrupt) {
  use_web_identity();
  for (const HttpAnswer& answer : {HttpAnswer{200, ""}, HttpAnswer{200, "<html/>"}, xml_for(""), xml_for("WEB", "")}) {
    services_["https://sts.amazonaws.com/"] = answer;
    const auto found = look();
    ASSERT_FALSE(found) << answer.body;
    EXPECT_EQ(found.error().code, ErrorCode::kCorrupt) << answer.body;
  }
}

TEST_F(CredentialsTest, ARefusedWebIdentityIsToldWithTheServicesWordsAndAdvice) {
  use_web_identity();
  const std::string error = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidIdentityToken</Code>";
  services_["https://sts.amazonaws.com/"] = {403,
                                             error + "<Message>No provider found</Message></Error></ErrorResponse>"};
  const auto found = look();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(found.error().message, AllOf(HasSubstr("arn:aws:iam::1:role/reader"), HasSubstr("No provider found"),
                                           HasSubstr("trust policy"), HasSubstr("/run/token")));
  services_["https://sts.amazonaws.com/"] = {400, error + "</Error></ErrorResponse>"};
  EXPECT_THAT(id(), HasSubstr("400 InvalidIdentityToken;"));
  services_["https://sts.amazonaws.com/"] = {503, "busy"};
  EXPECT_EQ(look().error().code, ErrorCode::kIo);
  EXPECT_EQ(id(), "https://sts.amazonaws.com: answered 503");
}

TEST_F(CredentialsTest, ARefusalNamesTheServiceAndItsStatus) {
  use_container();
  services_["http://169.254.170.2/v2/credentials/1"] = HttpAnswer{403, "no"};
  const auto found = look();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(found.error().message, "the container's credentials: answered 403");
}

TEST_F(CredentialsTest, ErrorsHoldNoSecretAndNoToken) {
  const std::string secrets = "web-identity-token metadata-token of-variable s3cret t0ken";
  use_web_identity();
  use_machine();
  environment_["AWS_SECRET_ACCESS_KEY"] = "s3cret";  // but no id
  environment_["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "of-variable";
  const auto expect_clean = [&] {
    const auto found = look();
    ASSERT_FALSE(found);
    for (const char* word : {"web-identity", "metadata-token", "of-variable", "s3cret", "t0ken"}) {
      EXPECT_THAT(found.error().message, Not(HasSubstr(word)));
    }
  };
  const std::vector<HttpAnswer> answers = {{403, secrets}, {200, secrets}, json_for("", "never"), xml_for("")};
  for (const HttpAnswer& answer : answers) {
    services_["https://sts.amazonaws.com/"] = answer;
    expect_clean();
  }
  environment_.erase("AWS_WEB_IDENTITY_TOKEN_FILE");
  for (const HttpAnswer& answer : answers) {
    services_["http://169.254.169.254/latest/meta-data/iam/security-credentials/reader"] = answer;
    expect_clean();
  }
  use_container();
  for (const HttpAnswer& answer : answers) {
    services_["http://169.254.170.2/v2/credentials/1"] = answer;
    expect_clean();
  }
  profile_ = {{"credential_process", "no-such-helper --token t0ken"}, {"aws_secret_access_key", "s3cret"}};
  expect_clean();
}

}  // namespace
}  // namespace pretag
