#include "pretag/io/download.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "pretag/io/sha256.h"
#include "support/http_test_server.h"
#include "support/temporary_folder.h"

namespace pretag {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Download : public ::testing::Test {
 protected:
  std::string text(const std::string& path) const {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  bool exists(const std::string& path) const { return std::filesystem::exists(path); }

  // Half of the content arrives, then the server vanishes.
  std::string broken_answer() const {
    const std::string whole = http_answer("200 OK", content_);
    return whole.substr(0, whole.size() - content_.size() / 2);
  }

  Status get(const HttpTestServer& server, const std::string& sha256, const DownloadProgress& progress = {}) const {
    return download(*make_http_client(), {.url = server.url("/m.pth"), .target = target_, .sha256 = sha256}, progress);
  }

  const std::string content_ = [] {
    std::string text;
    for (int i = 0; i < 50'000; ++i) text += std::to_string(i);
    return text;
  }();
  const std::string sha256_ = sha256_hex(std::as_bytes(std::span(content_)));
  TemporaryFolder directory_;
  const std::string target_ = directory_ / "deep/er/m.pth";
  const std::string part_ = target_ + ".part";
};

TEST_F(Download, PutsTheFileIntoANewFolder) {
  HttpTestServer server([&](const std::string& request) { return http_range_answer(request, content_); });
  for (const std::string& digits : {sha256_, sha256_.substr(0, 8), std::string()}) {
    std::filesystem::remove(target_);
    const Status status = get(server, digits);
    ASSERT_TRUE(status.ok()) << status.error().message;
    EXPECT_EQ(text(target_), content_);
    EXPECT_FALSE(exists(part_));
  }
}

TEST_F(Download, GoesOnAfterABrokenConnection) {
  int requests = 0;
  HttpTestServer server([&](const std::string& request) {
    return requests++ == 0 ? broken_answer() : http_range_answer(request, content_);
  });
  const Status broken = get(server, sha256_);
  ASSERT_FALSE(broken.ok());
  EXPECT_EQ(broken.error().code, ErrorCode::kIo);
  EXPECT_THAT(broken.error().message, HasSubstr("run it again to go on after"));
  EXPECT_FALSE(exists(target_));
  EXPECT_EQ(text(part_), content_.substr(0, content_.size() - content_.size() / 2));

  std::vector<uint64_t> steps;
  std::optional<uint64_t> total;
  const Status done = get(server, sha256_, [&](uint64_t now, std::optional<uint64_t> of) {
    steps.push_back(now);
    total = of;
  });
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(text(target_), content_);
  EXPECT_THAT(server.requests().at(1), HasSubstr("Range: bytes="));
  EXPECT_EQ(steps.front(), content_.size() - content_.size() / 2);
  EXPECT_EQ(steps.back(), content_.size());
  EXPECT_EQ(total, content_.size());
}

TEST_F(Download, StartsAgainWhereTheServerKnowsNoRanges) {
  int requests = 0;
  HttpTestServer server(
      [&](const std::string&) { return requests++ == 0 ? broken_answer() : http_answer("200 OK", content_); });
  ASSERT_FALSE(get(server, sha256_).ok());
  const Status done = get(server, sha256_);
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(text(target_), content_);
}

TEST_F(Download, WithoutAChecksumItStartsAgain) {
  int requests = 0;
  HttpTestServer server([&](const std::string& request) {
    return requests++ == 0 ? broken_answer() : http_range_answer(request, content_);
  });
  EXPECT_THAT(get(server, "").error().message, Not(HasSubstr("run it again to go on")));
  ASSERT_TRUE(get(server, "").ok());
  EXPECT_THAT(server.requests().at(1), Not(HasSubstr("Range:")));
  EXPECT_EQ(text(target_), content_);
}

TEST_F(Download, ACompletePartIsOnlyChecked) {
  HttpTestServer server([&](const std::string& request) { return http_range_answer(request, content_); });
  std::filesystem::create_directories(directory_ / "deep/er");
  std::ofstream(part_) << content_;
  ASSERT_TRUE(get(server, sha256_).ok());
  EXPECT_EQ(server.requests().size(), 1u);
  EXPECT_EQ(text(target_), content_);
}

TEST_F(Download, ALeftoverThatIsTooLongIsReplaced) {
  HttpTestServer server([&](const std::string& request) { return http_range_answer(request, content_); });
  std::filesystem::create_directories(directory_ / "deep/er");
  std::ofstream(part_) << content_ << "and more";
  const Status done = get(server, sha256_);
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(text(target_), content_);
}

TEST_F(Download, AWrongChecksumRemovesThePart) {
  HttpTestServer server([&](const std::string&) { return http_answer("200 OK", "<html>sign in first</html>"); });
  const Status status = get(server, "258fb6c6");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(status.error().message,
              AllOf(HasSubstr("is not what was expected and was removed"), HasSubstr("258fb6c6")));
  EXPECT_FALSE(exists(part_));
  EXPECT_FALSE(exists(target_));
}

TEST_F(Download, AnOldTargetStaysUntilTheNewOneIsThere) {
  std::filesystem::create_directories(directory_ / "deep/er");
  std::ofstream(target_) << "old";
  HttpTestServer server([&](const std::string&) { return broken_answer(); });
  ASSERT_FALSE(get(server, sha256_).ok());
  EXPECT_EQ(text(target_), "old");
}

TEST_F(Download, AMissingFileLeavesNothingBehind) {
  HttpTestServer server([&](const std::string&) { return http_answer("404 Not Found", "no"); });
  const Status status = get(server, sha256_);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(status.error().message, HasSubstr("status 404"));
  EXPECT_FALSE(exists(part_));
}

TEST_F(Download, AServerInTroubleKeepsThePart) {
  int requests = 0;
  HttpTestServer server([&](const std::string&) {
    return requests++ == 0 ? broken_answer() : http_answer("503 Service Unavailable", "!");
  });
  ASSERT_FALSE(get(server, sha256_).ok());
  EXPECT_EQ(get(server, sha256_).error().code, ErrorCode::kIo);
  EXPECT_TRUE(exists(part_));
}

TEST_F(Download, OnlyOneProcessAtATime) {
  HttpTestServer server([&](const std::string& request) { return http_range_answer(request, content_); });
  std::filesystem::create_directories(directory_ / "deep/er");
  const int other = ::open(part_.c_str(), O_RDWR | O_CREAT, 0644);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  EXPECT_THAT(get(server, sha256_).error().message, HasSubstr("another process is downloading it"));
  ::close(other);
  EXPECT_TRUE(get(server, sha256_).ok());
}

TEST_F(Download, RefusesAChecksumThatIsNone) {
  HttpTestServer server([&](const std::string& request) { return http_range_answer(request, content_); });
  for (const std::string& digits : {std::string("1234567"), std::string("not hex digits"), std::string(65, 'a')}) {
    EXPECT_EQ(get(server, digits).error().code, ErrorCode::kInvalidArgument) << digits;
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(Download, ChecksAFileThatIsThereAlready) {
  const std::string path = directory_ / "file";
  std::ofstream(path) << "abc";
  EXPECT_TRUE(check_sha256(path, "ba7816bf").ok());
  EXPECT_TRUE(check_sha256(path, "BA7816BF8F01").ok());
  EXPECT_THAT(check_sha256(path, "00000000").error().message, HasSubstr("begins with ba7816bf, not with 00000000"));
}

}  // namespace
}  // namespace pretag
