#include "pretag/io/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <mutex>

#include "pretag/util/strings.h"

namespace pretag {

namespace {

constexpr int kOk = 200, kPartialContent = 206;

using CurlHandle = std::unique_ptr<CURL, void (*)(CURL*)>;

CurlHandle new_handle() {
  static std::once_flag initialized;
  std::call_once(initialized, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  return {curl_easy_init(), curl_easy_cleanup};
}

// "bytes 100-199/200" or "bytes 100-199/*": the first byte and the total.
bool parse_content_range(std::string_view text, HttpHead& head) {
  constexpr std::string_view kUnit = "bytes ";
  if (!text.starts_with(kUnit)) return false;
  text.remove_prefix(kUnit.size());
  const auto first = std::from_chars(text.data(), text.data() + text.size(), head.first_byte);
  if (first.ec != std::errc()) return false;
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  uint64_t total = 0;
  const std::string_view total_text = text.substr(slash + 1);
  const auto last = std::from_chars(total_text.data(), total_text.data() + total_text.size(), total);
  if (last.ec == std::errc()) head.total_bytes = total;
  return true;
}

// One request on its way: libcurl's callbacks end up here.
class Transfer {
 public:
  Transfer(const HttpGet& request, const HttpSink& sink, CURL* handle)
      : request_(request), sink_(sink), handle_(handle) {}

  void on_header(std::string_view line) {
    if (line.starts_with("HTTP/")) {  // of each answer in a chain of redirects; the last one counts
      content_range_.clear();
      return;
    }
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos && to_lower(line.substr(0, colon)) == "content-range") {
      content_range_ = trim(line.substr(colon + 1));
    }
  }

  // False ends the transfer.
  bool on_body(std::string_view piece) {
    if (!begin_once() || !wanted()) return false;  // the page that comes with an error is of no use
    received_ += piece.size();
    if (request_.max_bytes > 0 && received_ > request_.max_bytes) {
      error_ = Error{ErrorCode::kUnsupported,
                     fmt::format("{}: has more than {}", request_.url, human_bytes(double(request_.max_bytes)))};
      return false;
    }
    return keep(sink_.append(piece));
  }

  Result<HttpHead> finish(CURLcode code, const char* reason) {
    if (!error_ && code == CURLE_OK) (void)begin_once();  // an empty body
    if (error_) return *error_;
    if (code == CURLE_OK || (begun_ && !wanted())) return head_;
    const bool bad_address = code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL;
    const std::string why = *reason != '\0' ? reason : curl_easy_strerror(code);
    return Error{bad_address ? ErrorCode::kInvalidArgument : ErrorCode::kIo, fmt::format("{}: {}", request_.url, why)};
  }

 private:
  bool wanted() const { return head_.status == kOk || head_.status == kPartialContent; }

  bool keep(const Status& status) {
    if (!status) error_ = status.error();
    return status.ok();
  }

  bool begin_once() {
    if (begun_) return true;
    begun_ = true;
    long status = 0;
    curl_off_t length = -1;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(handle_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    head_.status = static_cast<int>(status);
    if (status == kOk && length >= 0) head_.total_bytes = static_cast<uint64_t>(length);
    const bool range_answered = status != kPartialContent ||
                                (parse_content_range(content_range_, head_) && head_.first_byte == request_.first_byte);
    if (!range_answered) {
      error_ = Error{ErrorCode::kIo, fmt::format("{}: the server sent another part than was asked for", request_.url)};
      return false;
    }
    return !wanted() || keep(sink_.begin(head_));
  }

  const HttpGet& request_;
  const HttpSink& sink_;
  CURL* handle_;
  HttpHead head_;
  std::string content_range_;
  uint64_t received_ = 0;
  bool begun_ = false;
  std::optional<Error> error_;
};

size_t header_callback(char* bytes, size_t, size_t count, void* transfer) {
  static_cast<Transfer*>(transfer)->on_header({bytes, count});
  return count;
}

size_t body_callback(char* bytes, size_t, size_t count, void* transfer) {
  // libcurl takes any other number than `count` as "stop". Zero is that number: it never calls with nothing.
  return static_cast<Transfer*>(transfer)->on_body({bytes, count}) ? count : 0;
}

class CurlClient final : public HttpClient {
 public:
  explicit CurlClient(HttpOptions options) : options_(std::move(options)) {}

  Result<HttpHead> get(const HttpGet& request, const HttpSink& sink) const override {
    const CurlHandle owner = new_handle();
    CURL* handle = owner.get();
    if (handle == nullptr) return Error{ErrorCode::kInternal, "libcurl does not start"};
    std::array<char, CURL_ERROR_SIZE> reason{};
    Transfer transfer(request, sink, handle);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, reason.data());
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, header_callback);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, body_callback);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
    set_address(handle, request);
    set_limits(handle);
    const CURLcode code = curl_easy_perform(handle);
    return transfer.finish(code, reason.data());
  }

 private:
  void set_address(CURL* handle, const HttpGet& request) const {
    const bool secure = to_lower(request.url).starts_with("https:");
    curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(handle, CURLOPT_MAXREDIRS, static_cast<long>(options_.max_redirects));
    curl_easy_setopt(handle, CURLOPT_USERAGENT, options_.user_agent.c_str());
    if (!options_.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, options_.ca_file.c_str());
    if (request.first_byte > 0) {
      // The range as a header of the request: CURLOPT_RESUME_FROM would fail where the server sends the whole instead.
      curl_easy_setopt(handle, CURLOPT_RANGE, fmt::format("{}-", request.first_byte).c_str());
    }
  }

  void set_limits(CURL* handle) const {
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);  // timeouts without SIGALRM, which threads would share
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, static_cast<long>(options_.connect_timeout.count()));
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(options_.slowest_bytes_per_second));
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options_.patience.count()));
  }

  HttpOptions options_;
};

}  // namespace

std::unique_ptr<HttpClient> make_http_client(HttpOptions options) {
  return std::make_unique<CurlClient>(std::move(options));
}

}  // namespace pretag
