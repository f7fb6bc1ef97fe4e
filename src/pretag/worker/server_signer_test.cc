#include "pretag/worker/server_signer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "pretag/bucket/bucket_url.h"
#include "support/scripted_http_client.h"

namespace pretag {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

// A server that answers every call alike; what it was asked is kept.
class ServerSignerTest : public ::testing::Test {
 protected:
  Result<SignedUrl> sign(const std::vector<DatasourceRecord>& sources, const BucketRequest& request,
                         const std::string& scheme = kS3Scheme) {
    const ScriptedHttpClient http([&](const HttpCall&) { return answer_; });
    const auto never = [](double) { return false; };
    const ApiTransport transport(http, {.location = "http://server", .token = "t"}, {}, never,
                                 [](const std::string&) {});
    auto url = make_server_signer(transport, "d1", sources, scheme)->sign(request);
    asked_ = http.calls();
    return url;
  }
  json body() const { return json::parse(asked_.at(0).body); }

  Result<HttpAnswer> answer_ = HttpAnswer{.status = 200, .body = R"({"url": "https://signed"})"};
  std::vector<HttpCall> asked_;
};

const std::vector<DatasourceRecord> kApart = {{"S3", "INPUT", "s3://photos/drive/"}, {"S3", "LIGHTLY", "s3://work/l"}};

TEST_F(ServerSignerTest, TheServerIsAskedForTheDatasourceThatHoldsTheKey) {
  const auto url = sign(kApart, {.bucket = "photos", .key = "drive/a b.jpg"});
  ASSERT_TRUE(url.ok()) << url.error().message;
  EXPECT_EQ(url->url, "https://signed");
  EXPECT_EQ(asked_[0].method, "POST");
  EXPECT_THAT(asked_[0].url, HasSubstr("http://server/v1/datasets/d1/datasource/signedUrl?"));
  EXPECT_EQ(body(),
            (json{{"purpose", "INPUT"}, {"method", "GET"}, {"key", "drive/a b.jpg"}, {"query", json::object()}}));
  ASSERT_TRUE(sign(kApart, {.method = "PUT", .bucket = "work", .key = "l/x"}));
  EXPECT_EQ(body()["purpose"], "LIGHTLY");
}

TEST_F(ServerSignerTest, HeadersThatAreSignedGoAlong) {
  EXPECT_THAT(sign(kApart, {.method = "PUT", .bucket = "work", .key = "l/x"})->headers, ::testing::IsEmpty());
  answer_ = HttpAnswer{
      .status = 200,
      .body = R"({"url": "https://signed", "headers": ["x-amz-a: b", 1, "x-amz-c: d\r\nCookie: e", "x-amz-f: g"]})"};
  EXPECT_THAT(sign(kApart, {.method = "PUT", .bucket = "work", .key = "l/x"})->headers,
              ::testing::ElementsAre("x-amz-a: b", "x-amz-f: g"));
}

TEST_F(ServerSignerTest, AListingIsOfItsPrefix) {
  ASSERT_TRUE(sign(kApart, {.bucket = "photos", .query = {{"prefix", "drive/x"}, {"list-type", "2"}}}));
  EXPECT_EQ(body()["query"], (json{{"prefix", "drive/x"}, {"list-type", "2"}}));
  ASSERT_TRUE(sign(kApart, {.bucket = "photos", .query = {{"prefix", "drive"}}}));  // is the input itself a file?
}

TEST_F(ServerSignerTest, BucketsOfTheSameNameAreToldApart) {
  const std::vector<DatasourceRecord> both = {{"GCS", "INPUT", "gs://photos/a"}, {"S3", "LIGHTLY", "s3://photos/a"}};
  ASSERT_TRUE(sign(both, {.bucket = "photos", .key = "a/b.jpg"}, kGoogleScheme));
  EXPECT_EQ(body()["purpose"], "INPUT");
  ASSERT_TRUE(sign(both, {.bucket = "photos", .key = "a/b.jpg"}));
  EXPECT_EQ(body()["purpose"], "LIGHTLY");
}

TEST_F(ServerSignerTest, WhatIsInNoDatasourceIsNotAskedFor) {
  for (const BucketRequest& request :
       {BucketRequest{.bucket = "photos", .key = "drive-by.jpg"}, BucketRequest{.bucket = "work", .key = "drive/a.jpg"},
        BucketRequest{.bucket = "photos", .query = {{"prefix", ""}}},
        BucketRequest{.method = "PUT", .bucket = "photos", .key = "drive/a.jpg"}}) {
    const auto url = sign(kApart, request);
    ASSERT_FALSE(url.ok());
    EXPECT_EQ(url.error().code, ErrorCode::kInvalidArgument);
    EXPECT_TRUE(asked_.empty());
  }
}

TEST_F(ServerSignerTest, TheInnermostFolderCounts) {
  const std::vector<DatasourceRecord> nested = {{"S3", "LIGHTLY", "s3://b"}, {"S3", "INPUT", "s3://b/images"}};
  ASSERT_TRUE(sign(nested, {.bucket = "b", .key = "images/a.jpg"}));
  EXPECT_EQ(body()["purpose"], "INPUT");
  ASSERT_TRUE(sign(nested, {.bucket = "b", .key = ".lightly/a.json"}));
  EXPECT_EQ(body()["purpose"], "LIGHTLY");
  ASSERT_TRUE(sign({{"S3", "INPUT_OUTPUT", "s3://b"}}, {.method = "PUT", .bucket = "b", .key = "a"}));
  EXPECT_EQ(body()["purpose"], "LIGHTLY");
}

// As the server answers for a purpose with the datasource of it, and only else with the one for both.
TEST_F(ServerSignerTest, OneForBothServesForWhatHasNoneOfItsOwn) {
  const BucketRequest image{.bucket = "b", .key = "img/a.jpg"};
  const BucketRequest written{.method = "PUT", .bucket = "b", .key = "img/.lightly/a"};
  const std::vector<DatasourceRecord> beside_lightly = {{"S3", "INPUT_OUTPUT", "s3://b/img"},
                                                        {"S3", "LIGHTLY", "s3://b/work"}};
  ASSERT_TRUE(sign(beside_lightly, image));
  EXPECT_EQ(body()["purpose"], "INPUT");
  EXPECT_FALSE(sign(beside_lightly, written));
  ASSERT_TRUE(sign(beside_lightly, {.method = "PUT", .bucket = "b", .key = "work/.lightly/a"}));

  const std::vector<DatasourceRecord> beside_input = {{"S3", "INPUT_OUTPUT", "s3://b/img"},
                                                      {"S3", "INPUT", "s3://b/new"}};
  ASSERT_TRUE(sign(beside_input, {.bucket = "b", .key = "new/a.jpg"}));
  EXPECT_EQ(body()["purpose"], "INPUT");
  ASSERT_TRUE(sign(beside_input, written));
  EXPECT_EQ(body()["purpose"], "LIGHTLY");

  const std::vector<DatasourceRecord> of_no_use = {
      {"S3", "INPUT_OUTPUT", "s3://b/img"}, {"S3", "INPUT", "s3://b/new"}, {"S3", "LIGHTLY", "s3://b/work"}};
  EXPECT_FALSE(sign(of_no_use, image));
}

TEST_F(ServerSignerTest, TroubleWithTheServerIsNotTakenForTroubleWithTheObject) {
  for (const auto& answer : {Result<HttpAnswer>(HttpAnswer{.status = 404, .body = "{}"}),
                             Result<HttpAnswer>(HttpAnswer{.status = 403, .body = "{}"}),
                             Result<HttpAnswer>(HttpAnswer{.status = 200, .body = "[]"})}) {
    answer_ = answer;
    const auto url = sign(kApart, {.bucket = "photos", .key = "drive/a.jpg"});
    ASSERT_FALSE(url.ok());
    EXPECT_EQ(url.error().code, ErrorCode::kUnavailable) << url.error().message;
  }
}

}  // namespace
}  // namespace pretag
