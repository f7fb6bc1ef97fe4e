#include "pretag/bucket/s3_xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pretag {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string listing(const std::string& content) {
  return R"(<?xml version="1.0" encoding="UTF-8"?>)"
         R"(<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">)" +
         content + "</ListBucketResult>";
}

auto object(const std::string& key) { return Field(&BucketObject::key, key); }

TEST(S3Xml, APageHasObjectsFoldersAndTheWayOn) {
  const auto page = parse_s3_listing(listing(
      "<Name>bucket</Name><Prefix>photos/</Prefix><KeyCount>3</KeyCount><MaxKeys>3</MaxKeys><Delimiter>/</Delimiter>"
      "<IsTruncated>true</IsTruncated><NextContinuationToken>1ueGcx/+==</NextContinuationToken>"
      "<Contents><Key>photos/a.jpg</Key><LastModified>2026-11-29T12:34:56.000Z</LastModified><Size>5368709121</Size>"
      "</Contents><Contents><Key>photos/b &amp; c.jpg</Key><Size>1</Size></Contents>"
      "<CommonPrefixes><Prefix>photos/2026/</Prefix></CommonPrefixes>"));
  ASSERT_TRUE(page);
  EXPECT_THAT(page->objects, ElementsAre(object("photos/a.jpg"), object("photos/b & c.jpg")));
  EXPECT_THAT(page->prefixes, ElementsAre("photos/2026/"));
  EXPECT_EQ(page->next, "1ueGcx/+==");
}

TEST(S3Xml, ObjectsHaveTheirSizeAndTime) {
  const auto page = parse_s3_listing(
      listing("<Contents><Key>a</Key><LastModified>2026-11-29T12:34:56.789Z</LastModified><Size>5368709121</Size>"
              "</Contents><Contents><Key>b</Key><LastModified>yesterday</LastModified></Contents>"));
  ASSERT_TRUE(page);
  EXPECT_EQ(page->objects[0].bytes, 5368709121u);
  EXPECT_EQ(page->objects[0].modified, 1795955696);
  EXPECT_EQ(page->objects[1].bytes, 0u);
  EXPECT_EQ(page->objects[1].modified, 0);
}

TEST(S3Xml, TheLastPageGoesNowhere) {
  for (const char* end : {"<IsTruncated>false</IsTruncated>", "",
                          "<IsTruncated>false</IsTruncated><NextContinuationToken>x</NextContinuationToken>"}) {
    const auto page = parse_s3_listing(listing(end));
    ASSERT_TRUE(page) << end;
    EXPECT_THAT(page->objects, IsEmpty());
    EXPECT_THAT(page->prefixes, IsEmpty());
    EXPECT_EQ(page->next, "") << end;
  }
}

TEST(S3Xml, NamesAreDecodedWhereTheyAreEncoded) {
  const auto page =
      parse_s3_listing(listing("<EncodingType>url</EncodingType><Contents><Key>a+b%2Bc%20%C3%BC/%0A</Key></Contents>"
                               "<CommonPrefixes><Prefix>x%2By+z/</Prefix></CommonPrefixes>"));
  ASSERT_TRUE(page);
  EXPECT_THAT(page->objects, ElementsAre(object("a b+c ü/\n")));
  EXPECT_THAT(page->prefixes, ElementsAre("x+y z/"));
}

TEST(S3Xml, NamesStayAsTheyAreWhereTheyAreNotEncoded) {
  const auto page = parse_s3_listing(listing("<Contents><Key>a+b%2Bc</Key></Contents>"));
  ASSERT_TRUE(page);
  EXPECT_THAT(page->objects, ElementsAre(object("a+b%2Bc")));
}

TEST(S3Xml, ANameMayBeOfSpacesOnly) {
  const auto plain = parse_s3_listing(listing("<Contents><Key>  </Key></Contents>"));
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_THAT(plain->objects, ElementsAre(object("  ")));
  const auto encoded = parse_s3_listing(listing("<EncodingType>url</EncodingType><Contents><Key>++</Key></Contents>"));
  ASSERT_TRUE(encoded) << encoded.error().message;
  EXPECT_THAT(encoded->objects, ElementsAre(object("  ")));
}

TEST(S3Xml, SpacesBetweenTheElementsDoNotMatter) {
  const auto page = parse_s3_listing(
      listing("\n  <IsTruncated>false</IsTruncated>\n  <Contents>\n    <Key>a</Key>\n  </Contents>\n"));
  ASSERT_TRUE(page);
  EXPECT_THAT(page->objects, ElementsAre(object("a")));
}

TEST(S3Xml, AnythingButAListingIsCorrupt) {
  for (const std::string& body :
       {std::string("<!DOCTYPE html><html><body>Log in</body></html>"), std::string("not XML"), std::string(),
        std::string("<Error><Code>NoSuchBucket</Code></Error>"), listing("").substr(0, 100),
        listing("<IsTruncated>true</IsTruncated>"), listing("<Contents><Size>1</Size></Contents>"),
        listing("<Contents><Key></Key></Contents>"), listing("<CommonPrefixes></CommonPrefixes>"),
        listing("<EncodingType>url</EncodingType><Contents><Key>a%2</Key></Contents>")}) {
    const auto page = parse_s3_listing(body);
    ASSERT_FALSE(page) << body;
    EXPECT_EQ(page.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(page.error().message, HasSubstr("not a listing of a bucket: ")) << body;
  }
}

TEST(S3Xml, AnErrorSaysWhatIsWrongAndWhere) {
  const BucketError error = parse_bucket_error(
      "<?xml version=\"1.0\"?>\n<Error><Code>AuthorizationHeaderMalformed</Code><Message>The region is\nwrong</Message>"
      "<Region>eu-central-1</Region><RequestId>1</RequestId></Error>");
  EXPECT_EQ(error.code, "AuthorizationHeaderMalformed");
  EXPECT_EQ(error.message, "The region is?wrong");
  EXPECT_EQ(error.region, "eu-central-1");
}

TEST(S3Xml, ALongMessageIsCut) {
  const BucketError error = parse_bucket_error("<Error><Message>" + std::string(100'000, 'x') + "</Message></Error>");
  EXPECT_LT(error.message.size(), 400u);
  EXPECT_THAT(error.message, Not(IsEmpty()));
}

TEST(S3Xml, ABodyWithoutAnErrorSaysNothing) {
  for (const char* body : {"", "Bad Gateway", "<html><body>502</body></html>", "<Error>", "<Code>X</Code>"}) {
    const BucketError error = parse_bucket_error(body);
    EXPECT_EQ(error.code + error.message + error.region, "") << body;
  }
}

}  // namespace
}  // namespace pretag
