#include "pretag/bucket/bucket_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <utility>

#include "pretag/bucket/s3_signer.h"
#include "support/manual_clock.h"
#include "support/scripted_http_client.h"

namespace pretag {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

const BucketUrl kObject{"bucket", "a.jpg"};
constexpr size_t kManyBytes = 1 << 20;

HttpAnswer refused(int status, const std::string& code, const std::string& more = "") {
  return {.status = status, .body = "<Error><Code>" + code + "</Code><Message>Said so</Message>" + more + "</Error>"};
}
HttpAnswer busy(double retry_after = 0) {
  HttpAnswer answer = refused(503, "SlowDown");
  answer.retry_after_seconds = retry_after;
  return answer;
}
Error lost() { return {ErrorCode::kIo, "https://bucket.s3.us-east-1.amazonaws.com/a.jpg: connection refused"}; }
HttpAnswer moved_to(const std::string& region) {
  HttpAnswer answer = refused(301, "PermanentRedirect");
  answer.headers["x-amz-bucket-region"] = region;
  return answer;
}

std::string parameter(const std::string& url, const std::string& name) {
  const size_t begin = url.find(name + "=");
  if (begin == std::string::npos) return "";
  const size_t value = begin + name.size() + 1;
  return url.substr(value, url.find('&', value) - value);
}

// Gives credentials that can be told apart, or as a test says.
struct Identity {
  int forgotten = 0;
  std::function<Result<AwsCredentials>()> get = [this] {
    return Result<AwsCredentials>(AwsCredentials{"id", "secret", "token" + std::to_string(forgotten)});
  };
};

class IdentityProvider final : public CredentialsProvider {
 public:
  explicit IdentityProvider(Identity& identity) : identity_(identity) {}
  Result<AwsCredentials> get() override { return identity_.get(); }
  void forget() override { ++identity_.forgotten; }

 private:
  Identity& identity_;
};

// A service that gives the scripted answers in turn, the last one for ever; pauses only move the clock.
class BucketClientTest : public ::testing::Test {
 protected:
  void answer(std::vector<Result<HttpAnswer>> answers) {
    answers_ = std::move(answers);
    next_ = 0;
  }
  Result<std::string> get() const { return client_.get(kObject, kManyBytes); }
  std::string text() const {
    const auto bytes = get();
    return bytes ? *bytes : "error: " + bytes.error().message;
  }
  // The service has answered once: it is there.
  void make_contact() {
    answer({HttpAnswer{200, "first"}});
    ASSERT_TRUE(get());
  }
  std::vector<std::string> urls() const {
    std::vector<std::string> urls;
    for (const HttpCall& call : http_.calls()) urls.push_back(call.url);
    return urls;
  }

  std::vector<Result<HttpAnswer>> answers_;
  size_t next_ = 0;
  std::function<Result<HttpAnswer>(const HttpCall&)> service_ = [this](const HttpCall&) {
    return answers_[std::min(next_++, answers_.size() - 1)];
  };
  ScriptedHttpClient http_{[this](const HttpCall& call) -> Result<HttpAnswer> {
    auto answer = service_(call);
    if (!answer || answer->body.size() <= call.max_answer_bytes) return answer;
    return Error{ErrorCode::kUnsupported, "the answer has more"};  // as HttpClient has it, whatever the status
  }};
  ManualClock clock_;
  std::vector<double> pauses_;
  size_t stop_at_ = 10'000;
  Identity identity_;
  const Pause pause_ = [this](double seconds) {
    pauses_.push_back(seconds);
    clock_.advance(seconds);
    return pauses_.size() < stop_at_;
  };
  const BucketClient client_{http_,
                             s3_dialect(),
                             make_s3_signer({}, std::make_unique<IdentityProvider>(identity_), 900,
                                            [this] { return 1369353600 + static_cast<int64_t>(clock_.seconds()); }),
                             pause_,
                             BucketClient::kRetries,
                             clock_};
};

TEST_F(BucketClientTest, AnObjectIsFetchedAndSigned) {
  answer({HttpAnswer{200, "bytes"}});
  EXPECT_EQ(text(), "bytes");
  ASSERT_THAT(http_.calls(), SizeIs(1));
  const HttpCall call = http_.calls()[0];
  EXPECT_EQ(call.method, "GET");
  EXPECT_THAT(call.url, StartsWith("https://bucket.s3.us-east-1.amazonaws.com/a.jpg?"));
  EXPECT_EQ(parameter(call.url, "X-Amz-Date"), "20130524T000000Z");
  EXPECT_EQ(parameter(call.url, "X-Amz-Security-Token"), "token0");
  EXPECT_THAT(parameter(call.url, "X-Amz-Signature"), SizeIs(64));
}

TEST_F(BucketClientTest, MoreBytesThanAreWantedAreUnsupported) {
  answer({HttpAnswer{200, "123456"}});
  EXPECT_TRUE(client_.get(kObject, 6));
  EXPECT_EQ(client_.get(kObject, 5).error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(pauses_, IsEmpty());
}

TEST_F(BucketClientTest, WhatMayPassIsTriedAgainWithLongerPauses) {
  make_contact();
  answer({busy(), lost(), HttpAnswer{500, ""}, HttpAnswer{429, ""}, refused(400, "RequestTimeout"), HttpAnswer{408, ""},
          HttpAnswer{200, "here"}});
  EXPECT_EQ(text(), "here");
  EXPECT_THAT(pauses_, ElementsAre(0.5, 1, 2, 4, 8, 16));
}

TEST_F(BucketClientTest, ABusyServiceSaysHowLongToWait) {
  make_contact();
  answer({busy(12), busy(9999), HttpAnswer{200, ""}});
  EXPECT_TRUE(get());
  EXPECT_THAT(pauses_, ElementsAre(12, 20));
}

TEST_F(BucketClientTest, EveryTryIsSignedAnew) {
  answer({busy(2), HttpAnswer{200, ""}});
  EXPECT_TRUE(get());
  ASSERT_THAT(urls(), SizeIs(2));
  EXPECT_EQ(parameter(urls()[0], "X-Amz-Date"), "20130524T000000Z");
  EXPECT_EQ(parameter(urls()[1], "X-Amz-Date"), "20130524T000002Z");
  EXPECT_NE(parameter(urls()[0], "X-Amz-Signature"), parameter(urls()[1], "X-Amz-Signature"));
}

TEST_F(BucketClientTest, AnAddressThatNobodyHasEverAnsweredIsGivenUpSoon) {
  answer({lost()});
  const auto bytes = get();
  EXPECT_EQ(bytes.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(bytes.error().message, HasSubstr("connection refused"));
  EXPECT_GE(clock_.seconds(), 5);
  EXPECT_LT(clock_.seconds(), 10);
}

TEST_F(BucketClientTest, AnAddressThatNobodyHasJustTypedMayBeWaitedFor) {
  const BucketClient patient(http_, s3_dialect(), make_s3_signer({}, nullptr), pause_, BucketClient::kRetries, clock_,
                             {}, BucketClient::kRetries);
  std::vector<Result<HttpAnswer>> answers(8, lost());
  answers.emplace_back(HttpAnswer{200, "here"});
  answer(answers);
  const auto bytes = patient.get(kObject, kManyBytes);
  ASSERT_TRUE(bytes) << "given up after " << clock_.seconds() << " s";
  EXPECT_EQ(*bytes, "here");
}

TEST_F(BucketClientTest, AServiceThatHasAnsweredIsWaitedFor) {
  make_contact();
  answer({lost()});
  EXPECT_EQ(get().error().code, ErrorCode::kUnavailable);
  EXPECT_GE(clock_.seconds(), 600);
  EXPECT_LT(clock_.seconds(), 630);
}

TEST_F(BucketClientTest, AServiceThatIsBusyForLongIsUnavailable) {
  make_contact();
  answer({busy()});
  const auto bytes = get();
  EXPECT_EQ(bytes.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(bytes.error().message, AllOf(HasSubstr("Said so"), HasSubstr("SlowDown")));
  EXPECT_GE(clock_.seconds(), 600);
}

// "Busy" is an answer, too: somebody is there.
TEST_F(BucketClientTest, AServiceThatIsBusyAtFirstIsWaitedForAsWell) {
  std::vector<Result<HttpAnswer>> answers(12, busy());
  answers.emplace_back(HttpAnswer{200, "here"});
  answer(answers);
  const auto bytes = get();
  ASSERT_TRUE(bytes) << "given up after " << clock_.seconds() << " s";
  EXPECT_EQ(*bytes, "here");
}

TEST_F(BucketClientTest, RefusalsAreNotTriedAgainAndSayWhoseFaultItIs) {
  struct Case {
    HttpAnswer answer;
    ErrorCode code;
    const char* words;
  };
  for (const Case& c : {Case{refused(404, "NoSuchKey"), ErrorCode::kNotFound, "no such object"},
                        Case{HttpAnswer{404, "<html/>"}, ErrorCode::kNotFound, "no such object"},
                        Case{refused(404, "NoSuchBucket"), ErrorCode::kUnavailable, "no such bucket"},
                        Case{refused(403, "AccessDenied"), ErrorCode::kIo, "Said so (AccessDenied)"},
                        Case{refused(403, "InvalidObjectState"), ErrorCode::kIo, "InvalidObjectState"},
                        Case{HttpAnswer{403, ""}, ErrorCode::kIo, "answered 403"},
                        Case{refused(403, "SignatureDoesNotMatch"), ErrorCode::kUnavailable, "secret access key"},
                        Case{refused(403, "InvalidAccessKeyId"), ErrorCode::kUnavailable, "access key id"},
                        Case{refused(403, "RequestTimeTooSkewed"), ErrorCode::kUnavailable, "clock"},
                        Case{refused(400, "AuthorizationHeaderMalformed"), ErrorCode::kUnavailable, "region"}}) {
    answer({c.answer});
    const auto bytes = get();
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error().code, c.code) << bytes.error().message;
    EXPECT_THAT(bytes.error().message, AllOf(HasSubstr(c.words), Not(HasSubstr("a.jpg"))));
    EXPECT_EQ(next_, 1u);
  }
  EXPECT_THAT(pauses_, IsEmpty());
}

// As S3 and MinIO answer where the signature is in the address.
TEST_F(BucketClientTest, AnAddressOfAnotherTimeIsTheClocksFaultAndNotTheObjects) {
  for (const char* words : {"Request has expired", "Request is not valid yet", "Request is not yet valid"}) {
    answer({HttpAnswer{403, std::string("<Error><Code>AccessDenied</Code><Message>") + words + "</Message></Error>"}});
    const auto bytes = get();
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error().code, ErrorCode::kUnavailable) << words;
    EXPECT_THAT(bytes.error().message, AllOf(HasSubstr(words), HasSubstr("clock")));
  }
}

TEST_F(BucketClientTest, AnErrorIsOneLineWhateverTheServiceSays) {
  answer({refused(403, "Two\nlines" + std::string(2'000, 'x'))});
  const auto bytes = get();
  EXPECT_THAT(bytes.error().message, Not(HasSubstr("\n")));
  EXPECT_LT(bytes.error().message.size(), 1000u);
}

TEST_F(BucketClientTest, ABadAddressOrCertificateIsNotTriedAgain) {
  answer({Error{ErrorCode::kInvalidArgument, "https://host: the certificate is not to be trusted"}});
  EXPECT_EQ(get().error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(http_.calls(), SizeIs(1));
}

TEST_F(BucketClientTest, ABucketElsewhereIsAskedThereFromThenOn) {
  answer({moved_to("eu-west-1"), HttpAnswer{200, "here"}});
  EXPECT_EQ(text(), "here");
  EXPECT_TRUE(get());
  EXPECT_THAT(urls(),
              ElementsAre(StartsWith("https://bucket.s3.us-east-1."), StartsWith("https://bucket.s3.eu-west-1."),
                          StartsWith("https://bucket.s3.eu-west-1.")));
  EXPECT_THAT(parameter(urls()[1], "X-Amz-Credential"), HasSubstr("eu-west-1"));
  EXPECT_THAT(pauses_, IsEmpty());
}

TEST_F(BucketClientTest, ABodyMayNameTheRegion) {
  answer({refused(400, "AuthorizationHeaderMalformed", "<Region>eu-central-1</Region>"), HttpAnswer{200, ""}});
  EXPECT_TRUE(get());
  EXPECT_THAT(urls().back(), StartsWith("https://bucket.s3.eu-central-1."));
}

TEST_F(BucketClientTest, ABucketThatMovesForEverIsAnError) {
  service_ = [this](const HttpCall&) { return moved_to("region-" + std::to_string(++next_)); };
  EXPECT_FALSE(get());
  EXPECT_THAT(http_.calls(), SizeIs(2));
}

TEST_F(BucketClientTest, AMoveThatAnotherRequestFoundOutMeanwhileIsFollowed) {
  service_ = [](const HttpCall& call) {
    return call.url.find(".us-east-1.") == std::string::npos ? HttpAnswer{200, "here"} : moved_to("eu-west-1");
  };
  bool is_first = true;
  identity_.get = [&]() -> Result<AwsCredentials> {  // asked for in the midst of signing the first request
    if (std::exchange(is_first, false)) {
      EXPECT_TRUE(get());
    }
    return AwsCredentials{"id", "secret"};
  };
  const auto bytes = get();
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_EQ(*bytes, "here");
}

TEST_F(BucketClientTest, ExpiredCredentialsAreRenewedOnce) {
  for (const char* code : {"ExpiredToken", "TokenRefreshRequired", "InvalidToken"}) {
    const int before = identity_.forgotten;
    answer({refused(400, code), HttpAnswer{200, ""}});
    EXPECT_TRUE(get()) << code;
    EXPECT_EQ(identity_.forgotten, before + 1);
    EXPECT_EQ(parameter(urls().back(), "X-Amz-Security-Token"), "token" + std::to_string(before + 1));
  }
  answer({refused(400, "ExpiredToken")});
  const auto bytes = get();
  EXPECT_EQ(bytes.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(bytes.error().message, HasSubstr("get new credentials"));
  EXPECT_EQ(next_, 2u);
  EXPECT_THAT(pauses_, IsEmpty());
}

TEST_F(BucketClientTest, WithoutCredentialsNothingIsSent) {
  identity_.get = [] { return Error{ErrorCode::kInvalidArgument, "there are no credentials for S3"}; };
  EXPECT_EQ(get().error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(http_.calls(), IsEmpty());
}

// A missing file of a token, say, is not a missing image.
TEST_F(BucketClientTest, TroubleWithCredentialsIsNotTakenForTroubleWithTheObject) {
  for (const ErrorCode code : {ErrorCode::kNotFound, ErrorCode::kIo, ErrorCode::kCorrupt, ErrorCode::kUnsupported}) {
    identity_.get = [&] { return Error{code, "trouble with credentials"}; };
    const auto bytes = get();
    ASSERT_FALSE(bytes);
    EXPECT_THAT(bytes.error().code, AnyOf(ErrorCode::kUnavailable, ErrorCode::kInvalidArgument))
        << "from error code " << static_cast<int>(code);
    EXPECT_THAT(bytes.error().message, HasSubstr("trouble with credentials"));
  }
}

TEST_F(BucketClientTest, ARequestToStopEndsTheWaiting) {
  make_contact();
  answer({busy()});
  stop_at_ = 3;
  EXPECT_EQ(get().error().code, ErrorCode::kCancelled);
  EXPECT_EQ(next_, 3u);
}

TEST_F(BucketClientTest, APartIsAskedForByItsBytes) {
  answer({HttpAnswer{206, "0123456789", 0, {{"content-range", "bytes 100-109/5368709121"}}}});
  const auto part = client_.get_part(kObject, 100, 10);
  ASSERT_TRUE(part) << part.error().message;
  EXPECT_EQ(part->bytes, "0123456789");
  EXPECT_EQ(part->total_bytes, 5368709121u);
  EXPECT_THAT(http_.calls()[0].headers, ElementsAre("Range: bytes=100-109"));
}

TEST_F(BucketClientTest, AShortObjectMayComeAsAWhole) {
  answer({HttpAnswer{200, "whole"}});
  const auto part = client_.get_part(kObject, 0, 10);
  ASSERT_TRUE(part);
  EXPECT_EQ(part->bytes, "whole");
  EXPECT_EQ(part->total_bytes, 5u);
}

TEST_F(BucketClientTest, AServiceWithoutPartsIsUnsupported) {
  for (const HttpAnswer& other : {HttpAnswer{200, "whole"}, HttpAnswer{206, "part"},
                                  HttpAnswer{206, "part", 0, {{"content-range", "bytes 100-103/*"}}}}) {
    answer({other});
    EXPECT_EQ(client_.get_part(kObject, 100, 10).error().code, ErrorCode::kUnsupported);
  }
}

// The limit is of the object's bytes: what a refusal says may be longer.
TEST_F(BucketClientTest, ARefusalMayBeLongerThanWhatWasAskedFor) {
  make_contact();
  answer({refused(404, "NoSuchKey")});
  EXPECT_EQ(client_.get_part(kObject, 0, 10).error().code, ErrorCode::kNotFound);
  answer({busy(), HttpAnswer{200, "here"}});
  EXPECT_TRUE(client_.get(kObject, 10));
}

TEST_F(BucketClientTest, ObjectsArePutAndRemoved) {
  answer({HttpAnswer{200, ""}, busy(), HttpAnswer{204, ""}});
  EXPECT_TRUE(client_.put(kObject, "bytes", "image/jpeg"));
  EXPECT_TRUE(client_.remove(kObject));
  const auto calls = http_.calls();
  ASSERT_THAT(calls, SizeIs(3));
  EXPECT_EQ(calls[0].method, "PUT");
  EXPECT_EQ(calls[0].body, "bytes");
  EXPECT_EQ(calls[0].content_type, "image/jpeg");
  EXPECT_THAT(calls[0].url, StartsWith("https://bucket.s3.us-east-1.amazonaws.com/a.jpg?"));
  EXPECT_EQ(calls[2].method, "DELETE");
  std::set<std::string> signatures;
  for (const std::string& url : urls()) signatures.insert(parameter(url, "X-Amz-Signature"));
  EXPECT_GE(signatures.size(), 2u) << "the method is signed";
}

TEST_F(BucketClientTest, AListingIsAskedForPageByPage) {
  answer(
      {HttpAnswer{200,
                  "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>x y</NextContinuationToken>"
                  "<Contents><Key>p/a</Key></Contents></ListBucketResult>"},
       HttpAnswer{200, "<ListBucketResult/>"}});
  const auto page = client_.list("bucket", {.prefix = "p/", .delimiter = "/", .most = 7});
  ASSERT_TRUE(page);
  EXPECT_EQ(page->objects.at(0).key, "p/a");
  EXPECT_TRUE(client_.list("bucket", {.from = page->next}));
  const std::string first = urls().at(0), second = urls().at(1);
  EXPECT_EQ(parameter(first, "list-type"), "2");
  EXPECT_EQ(parameter(first, "encoding-type"), "url");
  EXPECT_EQ(parameter(first, "prefix"), "p%2F");
  EXPECT_EQ(parameter(first, "delimiter"), "%2F");
  EXPECT_EQ(parameter(first, "max-keys"), "7");
  EXPECT_THAT(first, Not(HasSubstr("continuation-token")));
  EXPECT_EQ(parameter(second, "continuation-token"), "x%20y");
  EXPECT_THAT(second, Not(HasSubstr("delimiter")));
}

TEST_F(BucketClientTest, WhatIsNoListingIsCorrupt) {
  answer({HttpAnswer{200, "<html>Log in</html>"}});
  EXPECT_EQ(client_.list("bucket", {}).error().code, ErrorCode::kCorrupt);
}

TEST_F(BucketClientTest, AnonymousRequestsAreNotSigned) {
  answer({refused(400, "ExpiredToken"), HttpAnswer{200, "here"}});
  const BucketClient anonymous(http_, s3_dialect(), make_s3_signer({}, nullptr), pause_, BucketClient::kRetries,
                               clock_);
  EXPECT_TRUE(anonymous.get(kObject, kManyBytes));
  EXPECT_EQ(urls().back(), "https://bucket.s3.us-east-1.amazonaws.com/a.jpg");
}

}  // namespace
}  // namespace pretag
