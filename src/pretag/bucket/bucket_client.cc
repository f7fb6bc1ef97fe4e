#include "pretag/bucket/bucket_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "pretag/bucket/s3_xml.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr int kPartialContent = 206, kNothingInRange = 416;
constexpr int kUnauthorized = 401;                      // how Google and Azure answer to a token that is no longer good
constexpr size_t kMostListingBytes = size_t{32} << 20;  // a thousand names of a kilobyte, each byte encoded

bool may_pass(int status, const BucketError& error) {
  return status == 408 || status == 429 || status >= 500 || error.code == "RequestTimeout";
}

bool has_expired(int status, const BucketError& error) {
  return status == kUnauthorized || error.code == "ExpiredToken" || error.code == "TokenRefreshRequired" ||
         error.code == "InvalidToken";
}

// That the bucket is in, as the answer says; empty if it does not.
std::string region_named(const HttpAnswer& answer, const BucketError& error) {
  if (answer.status != 301 && answer.status != 307 && answer.status != 400 && answer.status != 403) return {};
  return error.region.empty() ? answer.header("x-amz-bucket-region") : error.region;
}

// What was asked for, or the word that there is nothing in that range.
bool is_final(const HttpAnswer& answer, bool of_a_range) {
  return (answer.status >= 200 && answer.status < 300) || (answer.status == kNothingInRange && of_a_range);
}

Result<HttpAnswer> check_size(HttpAnswer answer, size_t most) {
  if (answer.body.size() <= most) return answer;
  return Error{ErrorCode::kUnsupported, fmt::format("more than the limit of {} bytes", most)};
}

// S3 and MinIO do not speak of a skewed time where a signed address has expired, or is not good yet, by their clock. As
// each request is signed anew, it is a clock that is wrong.
bool is_of_another_time(const BucketError& said) {
  static constexpr std::array kWords = {"Request has expired", "Request is not valid yet", "Request is not yet valid"};
  return said.code == "AccessDenied" &&
         std::ranges::any_of(kWords, [&](const char* words) { return said.message.starts_with(words); });
}

// What is wrong with us rather than with the object that was asked for, and what to do about it; else nothing.
const char* advice_for(const BucketError& said) {
  struct Advice {
    const char* code;
    const char* words;
  };
  static constexpr std::array kAll = {
      Advice{"RequestTimeTooSkewed", "; set this machine's clock"},
      Advice{"SignatureDoesNotMatch", "; check the secret access key, or the service account's key"},
      Advice{"InvalidAccessKeyId", "; check the access key id"},
      Advice{"AuthorizationHeaderMalformed", "; check the region"},
      Advice{"AuthorizationQueryParametersError", "; check the region"},
      Advice{"InvalidSecurity", "; check the credentials"},
      Advice{"ExpiredToken", "; get new credentials"},
      Advice{"TokenRefreshRequired", "; get new credentials"},
      Advice{"InvalidToken", "; check the session token"},
      Advice{"AccountProblem", ""},
      Advice{"AllAccessDisabled", ""},
      Advice{"NotSignedUp", ""},
      Advice{"UserProjectAccountProblem", ""},
      Advice{"AuthenticationFailed", "; check the account's key, or the SAS and until when it is good"},
      Advice{"AuthorizationFailure", "; check the account's key, or the SAS and what it is for"},
      Advice{"AccountIsDisabled", ""},
  };
  const std::string code = is_of_another_time(said) ? "RequestTimeTooSkewed" : said.code;
  const auto* found = std::ranges::find_if(kAll, [&](const Advice& advice) { return code == advice.code; });
  return found == kAll.end() ? nullptr : found->words;
}

Error error_of(const HttpAnswer& answer, const BucketError& said) {
  std::string words = fmt::format("the bucket's service answered {}", answer.status);
  if (!said.code.empty()) words = fmt::format("{} ({})", said.message.empty() ? words : said.message, said.code);
  if (said.code == "NoSuchBucket" || said.code == "ContainerNotFound")
    return {ErrorCode::kUnavailable, "there is no such bucket"};
  if (answer.status == 404) return {ErrorCode::kNotFound, "there is no such object"};
  if (const char* advice = advice_for(said)) return {ErrorCode::kUnavailable, words + advice};
  if (answer.status == kUnauthorized) return {ErrorCode::kUnavailable, words + "; check the credentials"};
  if (said.code == "AuthorizationPermissionMismatch") {  // of Azure; perhaps for some objects only
    words += "; give the identity the role Storage Blob Data Reader (to write, Contributor), or the SAS what it lacks";
  }
  return {may_pass(answer.status, said) ? ErrorCode::kUnavailable : ErrorCode::kIo, words};
}

Error elsewhere(const std::string& region, const std::string& asked) {
  return {ErrorCode::kUnavailable,
          fmt::format("the bucket is in the region {}, not in {}; set that region", one_line(region), asked)};
}

// "bytes 0-99/1234": the total.
std::optional<uint64_t> total_of(const std::string& content_range) {
  const size_t slash = content_range.find('/');
  if (slash == std::string::npos) return std::nullopt;
  uint64_t total = 0;
  const char* end = content_range.data() + content_range.size();
  const auto parsed = std::from_chars(content_range.data() + slash + 1, end, total);
  return parsed.ec == std::errc() && parsed.ptr == end ? std::optional(total) : std::nullopt;
}

}  // namespace

BucketClient::BucketClient(const HttpClient& http, const BucketDialect& dialect, std::unique_ptr<BucketSigner> signer,
                           Pause pause, RetryPolicy retries, const Clock& clock, Notice notice,
                           RetryPolicy first_contact)
    : http_(http),
      dialect_(dialect),
      signer_(std::move(signer)),
      pause_(std::move(pause)),
      retries_(retries),
      first_contact_(first_contact),
      clock_(clock),
      notice_(std::move(notice)) {}

Result<BucketListing> BucketClient::list(const std::string& bucket, const BucketListRequest& request) const {
  const BucketRequest listing{.bucket = bucket, .query = dialect_.listing_query(request)};
  PRETAG_ASSIGN(const HttpAnswer answer, send(listing, {.max_answer_bytes = kMostListingBytes}));
  return dialect_.parse_listing(answer.body);
}

Result<std::string> BucketClient::get(const BucketUrl& object, size_t max_bytes) const {
  PRETAG_ASSIGN(HttpAnswer answer, send({.bucket = object.bucket, .key = object.key}, {.max_answer_bytes = max_bytes}));
  return std::move(answer.body);
}

Result<BucketClient::Part> BucketClient::get_part(const BucketUrl& object, uint64_t first_byte, size_t bytes) const {
  const std::string range = fmt::format("Range: bytes={}-{}", first_byte, first_byte + bytes - 1);
  PRETAG_ASSIGN(HttpAnswer answer,
                send({.bucket = object.bucket, .key = object.key}, {.headers = {range}, .max_answer_bytes = bytes}));
  const auto total = total_of(answer.header("content-range"));
  if (answer.status == kPartialContent && total) return Part{std::move(answer.body), *total};
  if (first_byte == 0 && answer.status == kNothingInRange) return Part{};  // an empty object
  if (answer.status == kNothingInRange) return Error{ErrorCode::kCorrupt, "the object ends before that"};
  // An object of so few bytes may come as a whole.
  if (first_byte == 0 && answer.status != kPartialContent) return Part{answer.body, answer.body.size()};
  return Error{ErrorCode::kUnsupported, "the bucket's service does not give parts of objects"};
}

Status BucketClient::put(const BucketUrl& object, std::string_view bytes, const std::string& content_type) const {
  PRETAG_TRY(send(
      {.method = "PUT", .bucket = object.bucket, .key = object.key},
      {.method = "PUT", .content_type = content_type, .headers = dialect_.put_headers, .body = std::string(bytes)}));
  return {};
}

Status BucketClient::remove(const BucketUrl& object) const {
  PRETAG_TRY(send({.method = "DELETE", .bucket = object.bucket, .key = object.key}, {.method = "DELETE"}));
  return {};
}

Result<HttpAnswer> BucketClient::send(const BucketRequest& request, HttpCall call) const {
  constexpr size_t kErrorBytes = size_t{64} << 10;
  const size_t most = call.max_answer_bytes;
  const std::vector<std::string> headers = call.headers;
  call.max_answer_bytes = std::max(most, kErrorBytes);  // what is refused is told in more words than that, perhaps
  Backoff impatient(first_contact_, pause_, clock_), patient(retries_, pause_, clock_);
  constexpr double kTellAfter = 3;  // seconds; sooner it is nothing to talk of
  const double begin = clock_.seconds();
  bool may_move = true, may_renew = true;
  for (;;) {
    const auto address = signer_->sign(request);
    if (!address && address.error().code != ErrorCode::kIo) return address.error();
    if (address) {
      call.url = address->url;
      call.headers = headers;
      call.headers.insert(call.headers.end(), address->headers.begin(), address->headers.end());
    }
    auto answer = address ? http_.call(call) : Result<HttpAnswer>(address.error());
    if (answer) answered_ = true;
    if (answer && is_final(*answer, call.method == "GET" && !headers.empty())) {
      note_answer();
      return check_size(*std::move(answer), most);
    }
    const BucketError said = answer ? parse_bucket_error(answer->body) : BucketError{};
    const std::string region = answer ? region_named(*answer, said) : "";
    if (may_move && !region.empty() && region != address->region && signer_->learn_region(request.bucket, region)) {
      may_move = false;
      continue;
    }
    if (answer && may_renew && has_expired(answer->status, said)) {
      may_renew = false;
      signer_->forget_credentials();
      continue;
    }
    if (!answer && answer.error().code != ErrorCode::kIo) return not_of_the_object(answer.error());
    if (answer && !may_pass(answer->status, said)) {
      const bool is_elsewhere = !region.empty() && !address->region.empty() && region != address->region;
      return is_elsewhere ? elsewhere(region, address->region) : error_of(*answer, said);
    }
    if (clock_.seconds() - begin >= kTellAfter)
      note_outage(answer ? error_of(*answer, said).message : answer.error().message);
    const auto next = (answered_ ? patient : impatient).wait(answer ? answer->retry_after_seconds : 0);
    if (next == Backoff::Next::kStopped) return Error{ErrorCode::kCancelled, "stopped on request"};
    if (next == Backoff::Next::kTryAgain) continue;
    if (answer) return error_of(*answer, said);
    return Error{ErrorCode::kUnavailable, answer.error().message};
  }
}

void BucketClient::note_outage(const std::string& why) const {
  if (notice_ && !away_.exchange(true)) notice_("The bucket's service is away, and is tried again: " + why);
}

void BucketClient::note_answer() const {
  if (away_ && away_.exchange(false) && notice_) notice_("The bucket's service answers again");
}

// Before the service has answered once, a wrong address or certificate is a mistake of whoever gave it; later it is an
// outage like others.
Error BucketClient::not_of_the_object(const Error& error) const {
  const bool is_outage = answered_ && error.code == ErrorCode::kInvalidArgument;
  return is_outage ? Error{ErrorCode::kUnavailable, error.message} : error;
}

}  // namespace pretag
