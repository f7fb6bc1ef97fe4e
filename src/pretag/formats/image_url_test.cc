#include "pretag/formats/image_url.h"

#include <gtest/gtest.h>

namespace pretag {
namespace {

TEST(ImageUrl, IsEncodedWhereItIsAUrl) {
  EXPECT_EQ(image_url("", "a b/ü.jpg"), "a b/ü.jpg");
  EXPECT_EQ(image_url("/photos", "a b.jpg"), "/photos/a b.jpg");
  EXPECT_EQ(image_url("https://x.org/p/", "a b/ü#.jpg"), "https://x.org/p/a%20b/%C3%BC%23.jpg");
  EXPECT_EQ(image_url("s3://bucket", "a b/ü#%20.jpg"), "s3://bucket/a b/ü#%20.jpg");
  EXPECT_EQ(image_url("/data/local-files/?d=p", "a%b.jpg"), "/data/local-files/?d=p/a%25b.jpg");
}

TEST(ImageUrl, LeadsBackToTheName) {
  for (const char* prefix : {"", "/photos", "s3://bucket", "https://x.org/p/", "/data/local-files/?d=p"}) {
    for (const char* name : {"a.jpg", "a b/ü#?.jpg", "100%/a.jpg"}) {
      if (*prefix != '\0' || std::string(name).find('?') == std::string::npos) {
        EXPECT_EQ(name_in_url(prefix, image_url(prefix, name)), name) << prefix;
      }
    }
  }
}

TEST(ImageUrl, WithoutAPrefixTheEndIsTheName) {
  EXPECT_EQ(name_in_url("", "/data/local-files/?d=a/b%20c.jpg"), "a/b c.jpg");
  EXPECT_EQ(name_in_url("", "https://x.org/p/b.jpg?token=1"), "b.jpg");
  EXPECT_EQ(name_in_url("", "/data/upload/1/b.jpg"), "b.jpg");
  EXPECT_EQ(name_in_url("", "gs://bucket/a/b%20c?.jpg"), "b%20c?.jpg");
  EXPECT_EQ(name_in_url("", "a%2"), "a%2");
}

}  // namespace
}  // namespace pretag
