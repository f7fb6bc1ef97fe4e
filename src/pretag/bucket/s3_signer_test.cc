#include "pretag/bucket/s3_signer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/scripted_world.h"

namespace pretag {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr int64_t kDay = 1369353600;  // 2013-05-24T00:00:00Z

std::string unsigned_url(S3Address address, const BucketRequest& request) {
  return make_s3_signer(std::move(address), nullptr)->sign(request)->url;
}

TEST(BucketSigner, ABucketOnAwsIsTheHost) {
  EXPECT_EQ(unsigned_url({}, {.bucket = "bucket", .key = "a"}), "https://bucket.s3.us-east-1.amazonaws.com/a");
  EXPECT_EQ(unsigned_url({.region = "eu-west-1"}, {.bucket = "bucket"}), "https://bucket.s3.eu-west-1.amazonaws.com/");
}

TEST(BucketSigner, ChineseRegionsHaveADomainOfTheirOwn) {
  EXPECT_EQ(unsigned_url({.region = "cn-north-1"}, {.bucket = "bucket", .key = "a"}),
            "https://bucket.s3.cn-north-1.amazonaws.com.cn/a");
}

// No certificate of AWS holds for it.
TEST(BucketSigner, ABucketWithDotsIsNamedInThePath) {
  EXPECT_EQ(unsigned_url({}, {.bucket = "my.bucket", .key = "a"}), "https://s3.us-east-1.amazonaws.com/my.bucket/a");
  EXPECT_EQ(unsigned_url({}, {.bucket = "my.bucket"}), "https://s3.us-east-1.amazonaws.com/my.bucket/");
}

// Case is lost in the names of hosts, and "_" is not allowed there; old buckets have them.
TEST(BucketSigner, ABucketThatIsNoNameOfAHostIsNamedInThePath) {
  EXPECT_EQ(unsigned_url({}, {.bucket = "OldBucket", .key = "a"}), "https://s3.us-east-1.amazonaws.com/OldBucket/a");
  EXPECT_EQ(unsigned_url({}, {.bucket = "old_bucket", .key = "a"}), "https://s3.us-east-1.amazonaws.com/old_bucket/a");
}

TEST(BucketSigner, AnotherServicesBucketsAreNamedInThePath) {
  EXPECT_EQ(unsigned_url({.endpoint = "http://localhost:9000"}, {.bucket = "bucket", .key = "a"}),
            "http://localhost:9000/bucket/a");
  EXPECT_EQ(unsigned_url({.endpoint = "https://store.example/s3/v1"}, {.bucket = "my.bucket", .key = "a"}),
            "https://store.example/s3/v1/my.bucket/a");
}

TEST(BucketSigner, KeysAndParametersAreEncoded) {
  EXPECT_EQ(unsigned_url({}, {.bucket = "b", .key = "a b/ü+?#.jpg", .query = {{"prefix", "x/y z"}}}),
            "https://b.s3.us-east-1.amazonaws.com/a%20b/%C3%BC%2B%3F%23.jpg?prefix=x%2Fy%20z");
}

TEST(BucketSigner, TheSignatureIsOfTheRegionTheTimeAndTheMethod) {
  int64_t now = kDay;
  const auto signer =
      make_s3_signer({.region = "eu-west-1"}, fixed_credentials({"id", "secret"}), 86400, [&] { return now; });
  const auto url = signer->sign({.bucket = "b", .key = "a"});
  ASSERT_TRUE(url);
  EXPECT_THAT(url->url,
              AllOf(StartsWith("https://b.s3.eu-west-1.amazonaws.com/a?"), HasSubstr("X-Amz-Date=20130524T000000Z"),
                    HasSubstr("X-Amz-Credential=id%2F20130524%2Feu-west-1%2Fs3%2F"), HasSubstr("X-Amz-Expires=86400")));
  EXPECT_NE(signer->sign({.method = "PUT", .bucket = "b", .key = "a"})->url, url->url);
  now += 1;
  EXPECT_THAT(signer->sign({.bucket = "b", .key = "a"})->url, HasSubstr("X-Amz-Date=20130524T000001Z"));
}

TEST(BucketSigner, WhatIsPutIsEncryptedWithTheKeyThatIsNamed) {
  const auto signer = make_s3_signer({.encryption_key = "alias/pictures"}, fixed_credentials({"id", "secret"}), 900,
                                     [] { return kDay; });
  const auto put = signer->sign({.method = "PUT", .bucket = "b", .key = "a"});
  ASSERT_TRUE(put);
  EXPECT_THAT(put->headers, ::testing::ElementsAre("x-amz-server-side-encryption: aws:kms",
                                                   "x-amz-server-side-encryption-aws-kms-key-id: alias/pictures"));
  EXPECT_THAT(put->url, HasSubstr("SignedHeaders=host%3Bx-amz-server-side-encryption%3B"));
  for (const char* method : {"GET", "DELETE"}) {
    const auto other = signer->sign({.method = method, .bucket = "b", .key = "a"});
    EXPECT_THAT(other->headers, ::testing::IsEmpty()) << method;
    EXPECT_THAT(other->url, HasSubstr("SignedHeaders=host&")) << method;
  }
}

TEST(BucketSigner, ABucketsRegionIsLearned) {
  const auto signer = make_s3_signer({}, fixed_credentials({"id", "secret"}));
  EXPECT_FALSE(signer->learn_region("b", ""));
  EXPECT_TRUE(signer->learn_region("b", "eu-west-1"));
  EXPECT_THAT(signer->sign({.bucket = "b"})->url,
              AllOf(StartsWith("https://b.s3.eu-west-1.amazonaws.com/"), HasSubstr("%2Feu-west-1%2Fs3%2F")));
  EXPECT_THAT(signer->sign({.bucket = "c"})->url, StartsWith("https://c.s3.us-east-1.amazonaws.com/"));
}

TEST(BucketSigner, AFinalRegionStays) {
  const auto signer = make_s3_signer({.region_is_final = true}, fixed_credentials({"id", "secret"}));
  EXPECT_FALSE(signer->learn_region("b", "eu-west-1"));
  EXPECT_THAT(signer->sign({.bucket = "b"})->url, StartsWith("https://b.s3.us-east-1.amazonaws.com/"));
}

// It becomes part of the address that a signature is sent to.
TEST(BucketSigner, WhatIsNoNameOfARegionIsNotLearned) {
  const auto signer = make_s3_signer({}, fixed_credentials({"id", "secret"}));
  for (const char* region : {"elsewhere.example/", "user@elsewhere.example", "eu west", "eu-west-1\n", "a?b", "a#b"}) {
    EXPECT_FALSE(signer->learn_region("b", region)) << region;
  }
  EXPECT_THAT(signer->sign({.bucket = "b"})->url, StartsWith("https://b.s3.us-east-1.amazonaws.com/"));
}

class RefusingProvider final : public CredentialsProvider {
 public:
  explicit RefusingProvider(int& forgotten) : forgotten_(forgotten) {}
  Result<AwsCredentials> get() override { return Error{ErrorCode::kInvalidArgument, "there are no credentials"}; }
  void forget() override { ++forgotten_; }

 private:
  int& forgotten_;
};

TEST(BucketSigner, WithoutCredentialsNothingIsSigned) {
  int forgotten = 0;
  const auto signer = make_s3_signer({}, std::make_unique<RefusingProvider>(forgotten));
  const auto url = signer->sign({.bucket = "b"});
  ASSERT_FALSE(url);
  EXPECT_EQ(url.error().message, "there are no credentials");
  signer->forget_credentials();
  EXPECT_EQ(forgotten, 1);
}

TEST(BucketSigner, AnonymousRequestsHaveNothingToForget) {
  const auto signer = make_s3_signer({}, nullptr);
  signer->forget_credentials();
  EXPECT_THAT(signer->sign({.bucket = "b", .key = "a"})->url, Not(HasSubstr("X-Amz")));
}

class S3SettingsTest : public ::testing::Test {
 protected:
  Result<S3Settings> read() const { return s3_settings(lookup_in(environment_), profile_); }

  Environment environment_;
  AwsProfile profile_;
};

TEST_F(S3SettingsTest, WithoutAnyItIsAws) {
  const auto settings = read();
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->address.endpoint, "");
  EXPECT_EQ(settings->address.region, "us-east-1");
  EXPECT_FALSE(settings->unsigned_requests);
}

TEST_F(S3SettingsTest, VariablesComeBeforeTheProfileAndTheNarrowerFirst) {
  profile_ = {{"endpoint_url", "https://of.profile"}, {"region", "of-profile"}};
  EXPECT_EQ(read()->address.endpoint, "https://of.profile");
  EXPECT_EQ(read()->address.region, "of-profile");
  environment_ = {{"AWS_ENDPOINT_URL", "https://of.variable"}, {"AWS_DEFAULT_REGION", "of-default"}};
  EXPECT_EQ(read()->address.endpoint, "https://of.variable");
  EXPECT_EQ(read()->address.region, "of-default");
  environment_["AWS_ENDPOINT_URL_S3"] = "http://of.s3:9000//";
  environment_["AWS_REGION"] = "of-region";
  EXPECT_EQ(read()->address.endpoint, "http://of.s3:9000");
  EXPECT_EQ(read()->address.region, "of-region");
}

TEST_F(S3SettingsTest, AnEmptyVariableIsNone) {
  profile_ = {{"endpoint_url", "https://of.profile"}};
  environment_ = {{"AWS_ENDPOINT_URL_S3", ""}, {"AWS_ENDPOINT_URL", ""}, {"AWS_REGION", ""}};
  EXPECT_EQ(read()->address.endpoint, "https://of.profile");
  EXPECT_EQ(read()->address.region, "us-east-1");
}

TEST_F(S3SettingsTest, AnEndpointMustBeAnHttpAddress) {
  for (const char* endpoint : {"localhost:9000", "ftp://host", "s3://bucket"}) {
    environment_["AWS_ENDPOINT_URL"] = endpoint;
    const auto settings = read();
    ASSERT_FALSE(settings) << endpoint;
    EXPECT_EQ(settings.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(settings.error().message, AllOf(HasSubstr("AWS_ENDPOINT_URL"), HasSubstr(endpoint)));
  }
}

TEST_F(S3SettingsTest, PublicBucketsNeedNoSignature) {
  for (const char* yes : {"YES", "true", "1"}) {
    environment_["AWS_NO_SIGN_REQUEST"] = yes;
    EXPECT_TRUE(read()->unsigned_requests) << yes;
  }
  for (const char* no : {"", "no", "0", "false"}) {
    environment_["AWS_NO_SIGN_REQUEST"] = no;
    EXPECT_FALSE(read()->unsigned_requests) << no;
  }
}

}  // namespace
}  // namespace pretag
