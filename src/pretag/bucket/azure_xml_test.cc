#include "pretag/bucket/azure_xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pretag {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(AzureListing, HasBlobsAndPrefixes) {
  const auto page = parse_azure_listing(
      "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"https://a/\" "
      "ContainerName=\"photos\"><Prefix>drive/</Prefix><Delimiter>/</Delimiter><Blobs>"
      "<Blob><Name>drive/a&amp;b ü.jpg</Name><Properties><Creation-Time>Fri, 02 Jan 2026 03:04:04 GMT</Creation-Time>"
      "<Last-Modified>Fri, 02 Jan 2026 03:04:05 GMT</Last-Modified><Content-Length>1234</Content-Length></Properties>"
      "</Blob><Blob><Name Encoded=\"true\">drive/tab%09.jpg</Name></Blob>"
      "<BlobPrefix><Name>drive/sub/</Name></BlobPrefix></Blobs><NextMarker>2!76</NextMarker></EnumerationResults>");
  ASSERT_TRUE(page.ok()) << page.error().message;
  ASSERT_EQ(page->objects.size(), 2u);
  EXPECT_EQ(page->objects[0].key, "drive/a&b ü.jpg");
  EXPECT_EQ(page->objects[0].bytes, 1234u);
  EXPECT_EQ(page->objects[0].modified, 1767323045);
  EXPECT_EQ(page->objects[1].key, "drive/tab\t.jpg");
  EXPECT_EQ(page->objects[1].modified, 0);
  EXPECT_THAT(page->prefixes, ElementsAre("drive/sub/"));
  EXPECT_EQ(page->next, "2!76");
}

TEST(AzureListing, MayBeEmpty) {
  const auto page = parse_azure_listing("<EnumerationResults><Blobs /><NextMarker /></EnumerationResults>");
  ASSERT_TRUE(page.ok());
  EXPECT_TRUE(page->objects.empty());
  EXPECT_EQ(page->next, "");
}

TEST(AzureListing, IsNothingElse) {
  for (const char* xml :
       {"", "no xml", "<ListBucketResult/>", "<EnumerationResults><Blobs><Blob/></Blobs></EnumerationResults>",
        "<EnumerationResults><Blobs><Blob><Name Encoded=\"true\">%zz</Name></Blob></Blobs>"
        "</EnumerationResults>"}) {
    const auto page = parse_azure_listing(xml);
    ASSERT_FALSE(page.ok()) << xml;
    EXPECT_EQ(page.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(page.error().message, HasSubstr("not a listing of a container"));
  }
}

}  // namespace
}  // namespace pretag
