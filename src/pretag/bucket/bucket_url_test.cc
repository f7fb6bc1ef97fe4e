#include "pretag/bucket/bucket_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pretag {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(BucketUrl, BucketAndKeyAreToldApart) {
  const auto url = parse_bucket_url("s3://bucket/photos/a b?#ü.jpg");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->bucket, "bucket");
  EXPECT_EQ(url->key, "photos/a b?#ü.jpg");
}

TEST(BucketUrl, AWholeBucketHasNoKey) {
  for (const char* text : {"s3://bucket", "s3://bucket/", "s3://bucket///"}) {
    const auto url = parse_bucket_url(text);
    ASSERT_TRUE(url) << text;
    EXPECT_EQ(url->bucket, "bucket");
    EXPECT_EQ(url->key, "") << text;
  }
}

TEST(BucketUrl, SlashesAtTheEndAreLeftOut) {
  EXPECT_EQ(parse_bucket_url("s3://bucket/photos/")->key, "photos");
  EXPECT_EQ(parse_bucket_url("s3://bucket/a//b//")->key, "a//b");
}

TEST(BucketUrl, ASlashAtTheBeginningIsPartOfTheKey) {
  EXPECT_EQ(parse_bucket_url("s3://bucket//photos")->key, "/photos");
}

TEST(BucketUrl, TheTextIsReadAgainAsTheSame) {
  for (const char* text : {"s3://bucket", "s3://bucket/a", "s3://bucket//a", "s3://bucket/a//b c"}) {
    EXPECT_EQ(parse_bucket_url(text)->text(), text);
  }
  EXPECT_EQ(parse_bucket_url("s3://bucket/a/")->text(), "s3://bucket/a");
}

TEST(BucketUrl, AFoldersPrefixEndsWithASlashAndABucketsIsEmpty) {
  EXPECT_EQ(parse_bucket_url("s3://bucket/a/b")->prefix(), "a/b/");
  EXPECT_EQ(parse_bucket_url("s3://bucket/")->prefix(), "");
}

TEST(BucketUrl, AllNamesThatBucketsHaveAreTaken) {
  for (const char* name : {"a-b.c", "123", "Old_Bucket", "a"}) {
    const auto url = parse_bucket_url("s3://" + std::string(name) + "/key");
    ASSERT_TRUE(url) << name;
    EXPECT_EQ(url->bucket, name);
  }
}

TEST(BucketUrl, WhatIsNoBucketIsRefused) {
  for (const char* text :
       {"s3://", "s3:///key", "s3://a b/key", "s3://user@host/key", "s3://host:80/key", "s3://../key", "s3://-a/key",
        "s3://a%2fb", "s3://a?b", "s3://\xC3\xBC/key", "s3://a\nb/key"}) {
    const auto url = parse_bucket_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(url.error().message, HasSubstr("s3://bucket/folder"));
    EXPECT_THAT(url.error().message, Not(HasSubstr("\n")));
  }
  EXPECT_FALSE(parse_bucket_url("s3://" + std::string(256, 'a')));
}

TEST(BucketUrl, OtherAddressesAreNone) {
  for (const char* text :
       {"", "s3", "s3:/bucket", "S3://bucket", "/s3://bucket", "https://bucket", "s3a://bucket", "gsx://bucket"}) {
    EXPECT_FALSE(is_bucket_url(text)) << text;
    const auto url = parse_bucket_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_TRUE(is_bucket_url("s3://"));
}

TEST(BucketUrl, GooglesAreTakenToo) {
  EXPECT_TRUE(is_bucket_url("gs://bucket"));
  const auto url = parse_bucket_url("gs://bucket/photos/");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, kGoogleScheme);
  EXPECT_EQ(url->key, "photos");
  EXPECT_EQ(url->text(), "gs://bucket/photos");
  EXPECT_THAT(parse_bucket_url("gs://a b").error().message, HasSubstr("gs://bucket/folder"));
  EXPECT_FALSE(is_bucket_url("gs:/bucket"));
}

}  // namespace
}  // namespace pretag
