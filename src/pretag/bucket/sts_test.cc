#include "pretag/bucket/sts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/scripted_http_client.h"

namespace pretag {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr int64_t kNow = 1700000000;  // 2023-11-14T22:13:20Z
constexpr int64_t kHour = 3600;

std::string credentials_xml(const std::string& id) {
  return "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>"
         "<AccessKeyId>" +
         id +
         "</AccessKeyId><SecretAccessKey>s3cret</SecretAccessKey><SessionToken>t0ken</SessionToken>"
         "<Expiration>2023-11-14T23:13:20Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
}

class AssumedRole : public ::testing::Test {
 protected:
  std::unique_ptr<CredentialsProvider> role(const std::string& region = "eu-central-1",
                                            int64_t ahead = kGoodForARequest) {
    return assumed_role(
        {.arn = "arn:aws:iam::1:role/reader", .external_id = "external+id", .region = region},
        fixed_credentials({"OWN", "0wn"}), http_, [this] { return now_; }, ahead);
  }

  HttpAnswer answer_{.status = 200, .body = credentials_xml("ROLE")};
  ScriptedHttpClient http_{[this](const HttpCall&) { return answer_; }};
  int64_t now_ = kNow;
};

TEST_F(AssumedRole, IsTakenWithOnesOwnCredentials) {
  const auto credentials = role()->get();
  ASSERT_TRUE(credentials.ok()) << credentials.error().message;
  EXPECT_EQ(credentials->access_key_id, "ROLE");
  EXPECT_EQ(credentials->session_token, "t0ken");
  EXPECT_EQ(credentials->expires, kNow + kHour);
  EXPECT_THAT(http_.calls()[0].url,
              AllOf(StartsWith("https://sts.eu-central-1.amazonaws.com/?Action=AssumeRole&DurationSeconds=3600&"
                               "ExternalId=external%2Bid&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Freader&"),
                    HasSubstr("X-Amz-Credential=OWN%2F20231114%2Feu-central-1%2Fsts%2Faws4_request")));
  EXPECT_TRUE(role("cn-north-1")->get().ok());
  EXPECT_THAT(http_.calls()[1].url, StartsWith("https://sts.cn-north-1.amazonaws.com.cn/?"));
}

TEST_F(AssumedRole, IsTakenAgainBeforeItExpires) {
  const auto taken = role();
  ASSERT_TRUE(taken->get().ok());
  now_ += kHour / 2;
  ASSERT_TRUE(taken->get().ok());
  EXPECT_EQ(http_.calls().size(), 1u);
  now_ += kHour / 2 - 60;
  ASSERT_TRUE(taken->get().ok());
  EXPECT_EQ(http_.calls().size(), 2u);
}

TEST_F(AssumedRole, IsTakenAgainWhileItIsStillGoodForLinks) {
  const auto taken = role("eu-central-1", 3000);
  ASSERT_TRUE(taken->get().ok());
  now_ += 600;
  ASSERT_TRUE(taken->get().ok());
  EXPECT_EQ(http_.calls().size(), 2u);
}

TEST_F(AssumedRole, SaysWhyItCannotBeTaken) {
  answer_ = {.status = 403,
             .body =
                 "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User is not authorized"
                 "</Message></Error></ErrorResponse>"};
  const auto refused = role()->get();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr("arn:aws:iam::1:role/reader"), HasSubstr("User is not authorized"),
                    HasSubstr("trust policy"), Not(HasSubstr("external+id"))));
  answer_ = {.status = 503, .body = "busy"};
  EXPECT_EQ(role()->get().error().code, ErrorCode::kIo);
  answer_ = {.status = 200, .body = "<nothing/>"};
  EXPECT_EQ(role()->get().error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace pretag
