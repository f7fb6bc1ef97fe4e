#include "pretag/bucket/bucket_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>
#include <span>
#include <vector>

#include "pretag/bucket/s3_signer.h"
#include "support/manual_clock.h"
#include "support/scripted_http_client.h"

namespace pretag {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr size_t kBlock = size_t{2} << 20;
const BucketUrl kObject{"bucket", "video.mp4"};

// A service with one object, whose bytes differ from place to place.
class BucketReaderTest : public ::testing::Test {
 protected:
  void make_object(size_t bytes) {
    object_.resize(bytes);
    for (size_t i = 0; i < bytes; ++i) object_[i] = static_cast<char>(i * 31 + (i >> 8) * 7 + (i >> 16));
  }

  Result<HttpAnswer> answer(const HttpCall& call) {
    const std::string range = call.headers.empty() ? "" : call.headers[0];
    const std::string_view numbers = std::string_view(range).substr(range.find('=') + 1);
    size_t first = 0, last = 0;
    std::from_chars(numbers.data(), numbers.data() + numbers.size(), first);
    const size_t dash = numbers.find('-') + 1;
    std::from_chars(numbers.data() + dash, numbers.data() + numbers.size(), last);
    asked_.push_back(first / kBlock);
    if (first >= object_.size()) {
      return HttpAnswer{416, "<Error><Code>InvalidRange</Code></Error>", 0, {{"content-range", "bytes */0"}}};
    }
    const std::string part = object_.substr(first, std::min(last - first + 1, object_.size() - first) - missing_);
    const std::string where = "bytes " + std::to_string(first) + "-" + std::to_string(first + part.size() - 1) + "/";
    return HttpAnswer{206, part, 0, {{"content-range", where + std::to_string(object_.size())}}};
  }

  Result<std::unique_ptr<FileReader>> open() const { return open_bucket_object(client_, kObject); }
  static std::string read(FileReader& reader, uint64_t offset, size_t bytes) {
    std::string into(bytes, '\0');
    const auto count = reader.read(offset, std::as_writable_bytes(std::span(into)));
    if (!count) return "error: " + count.error().message;
    into.resize(*count);
    return into;
  }

  std::string object_;
  size_t missing_ = 0;         // bytes at the end of every answer
  std::vector<size_t> asked_;  // blocks
  ScriptedHttpClient http_{[this](const HttpCall& call) { return answer(call); }};
  ManualClock clock_;
  const Pause pause_ = [this](double seconds) { return clock_.advance(seconds), true; };
  const BucketClient client_{http_,  s3_dialect(),           make_s3_signer({.endpoint = "http://store"}, nullptr),
                             pause_, BucketClient::kRetries, clock_};
};

TEST_F(BucketReaderTest, AnyPlaceIsReadAndNothingBehindTheEnd) {
  make_object(3 * kBlock + 1000);
  const auto reader = open();
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ((*reader)->size(), object_.size());
  for (const auto& [offset, bytes] : std::vector<std::pair<size_t, size_t>>{
           {0, 10}, {kBlock - 5, 10}, {kBlock, 1}, {100, 2 * kBlock + 50}, {3 * kBlock + 990, 100}, {5, 0}}) {
    EXPECT_TRUE(read(**reader, offset, bytes) == object_.substr(offset, bytes)) << offset << " " << bytes;
  }
  EXPECT_EQ(read(**reader, object_.size(), 10), "");
  EXPECT_EQ(read(**reader, UINT64_MAX - 2, 10), "");
}

TEST_F(BucketReaderTest, WhatIsShortIsFetchedOnce) {
  make_object(1000);
  const auto reader = open();
  ASSERT_TRUE(reader);
  EXPECT_EQ(read(**reader, 0, 2000), object_);
  EXPECT_EQ(read(**reader, 900, 50), object_.substr(900, 50));
  EXPECT_THAT(asked_, ElementsAre(0));
}

TEST_F(BucketReaderTest, TheFourBlocksUsedLastAreKept) {
  make_object(6 * kBlock);
  const auto reader = open();
  ASSERT_TRUE(reader);
  for (const size_t block : {1u, 2u, 3u, 0u, 4u}) (void)read(**reader, block * kBlock, 1);
  EXPECT_THAT(asked_, ElementsAre(0, 1, 2, 3, 4));
  for (const size_t block : {0u, 2u, 3u, 4u}) (void)read(**reader, block * kBlock, 1);
  EXPECT_THAT(asked_, ElementsAre(0, 1, 2, 3, 4)) << "all of them are there";
  (void)read(**reader, kBlock, 1);
  EXPECT_THAT(asked_, ElementsAre(0, 1, 2, 3, 4, 1));
}

TEST_F(BucketReaderTest, AnObjectThatGrewOrShrankMeanwhileIsCorrupt) {
  for (const size_t other : {4 * kBlock, 2 * kBlock - 1}) {
    make_object(3 * kBlock);
    const auto reader = open();
    ASSERT_TRUE(reader);
    make_object(other);
    std::byte byte{};
    const auto count = (*reader)->read(kBlock, std::span(&byte, 1));
    ASSERT_FALSE(count);
    EXPECT_EQ(count.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(count.error().message, HasSubstr("changed"));
  }
}

TEST_F(BucketReaderTest, APartWithTooFewBytesIsCorrupt) {
  make_object(2 * kBlock);
  const auto reader = open();
  ASSERT_TRUE(reader);
  missing_ = 1;
  std::byte byte{};
  EXPECT_EQ((*reader)->read(kBlock, std::span(&byte, 1)).error().code, ErrorCode::kCorrupt);
}

// Reading on would go past the end of what has come.
TEST_F(BucketReaderTest, AFirstPartWithTooFewBytesCannotBeOpened) {
  make_object(100);
  missing_ = 50;
  const auto reader = open();
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, ErrorCode::kCorrupt);
}

// No range of it can be asked for (416).
TEST_F(BucketReaderTest, AnEmptyObjectHasNothingToRead) {
  const auto reader = open();
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ((*reader)->size(), 0u);
  EXPECT_EQ(read(**reader, 0, 10), "");
}

TEST_F(BucketReaderTest, ErrorsAreThoseOfTheClient) {
  const ScriptedHttpClient http([](const HttpCall&) {
    return HttpAnswer{404, "<Error><Code>NoSuchKey</Code></Error>"};
  });
  const BucketClient client(http, s3_dialect(), make_s3_signer({.endpoint = "http://store"}, nullptr), pause_);
  const auto reader = open_bucket_object(client, kObject);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(reader.error().message, "there is no such object");
}

}  // namespace
}  // namespace pretag
