#include "pretag/io/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <vector>

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

// Trying again helps against nothing of this: the address is wrong, or a certificate is.
bool is_lasting(CURLcode code) {
  return code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_PEER_FAILED_VERIFICATION ||
         code == CURLE_SSL_CACERT_BADFILE;
}

// `reason` is what libcurl wrote into CURLOPT_ERRORBUFFER, which may be nothing.
Error error_of(CURLcode code, std::string_view where, const char* reason) {
  const std::string why = *reason != '\0' ? reason : curl_easy_strerror(code);
  return {is_lasting(code) ? ErrorCode::kInvalidArgument : ErrorCode::kIo, fmt::format("{}: {}", where, why)};
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
    return error_of(code, request_.url, reason);
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

// An address as messages may show it.
std::string without_query(const std::string& url) { return url.substr(0, url.find('?')); }

// A call on its way.
class CallTransfer {
 public:
  CallTransfer(const HttpCall& call, CURL* handle) : call_(call), handle_(handle) {}

  void on_header(std::string_view line) {
    if (line.starts_with("HTTP/")) answer_.headers.clear();  // a redirect's
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    answer_.headers[to_lower(line.substr(0, colon))] = trim(line.substr(colon + 1));
  }

  bool on_body(std::string_view piece) {
    too_large_ = answer_.body.size() + piece.size() > call_.max_answer_bytes;
    if (!too_large_) answer_.body += piece;
    return !too_large_;
  }

  Result<HttpAnswer> finish(CURLcode code, const char* reason) {
    const std::string where = without_query(call_.url);
    if (too_large_) {
      const std::string limit = human_bytes(static_cast<double>(call_.max_answer_bytes));
      return Error{ErrorCode::kUnsupported, fmt::format("{}: the answer has more than {}", where, limit)};
    }
    long status = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    answer_.status = static_cast<int>(status);
    answer_.retry_after_seconds =
        std::max(0.0, std::strtod(answer_.header("retry-after").c_str(), nullptr));  // or a date
    // A server that refuses a body may answer and close before it has read all of it.
    const bool answered_early = code == CURLE_SEND_ERROR && status >= 400;
    if (code == CURLE_OK || answered_early) return std::move(answer_);
    return error_of(code, where, reason);
  }

 private:
  const HttpCall& call_;
  CURL* handle_;
  HttpAnswer answer_;
  bool too_large_ = false;
};

size_t call_header_callback(char* bytes, size_t, size_t count, void* transfer) {
  static_cast<CallTransfer*>(transfer)->on_header({bytes, count});
  return count;
}

size_t call_body_callback(char* bytes, size_t, size_t count, void* transfer) {
  return static_cast<CallTransfer*>(transfer)->on_body({bytes, count}) ? count : 0;
}

size_t read_file_callback(char* bytes, size_t size, size_t count, void* file) {
  const size_t read = std::fread(bytes, 1, size * count, static_cast<std::FILE*>(file));
  return std::ferror(static_cast<std::FILE*>(file)) != 0 ? CURL_READFUNC_ABORT : read;
}

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
    set_address(handle, request.url);
    set_limits(handle);
    if (request.first_byte > 0) {
      // The range as a header of the request: CURLOPT_RESUME_FROM would fail where the server sends the whole instead.
      curl_easy_setopt(handle, CURLOPT_RANGE, fmt::format("{}-", request.first_byte).c_str());
    }
    const CURLcode code = curl_easy_perform(handle);
    return transfer.finish(code, reason.data());
  }

  Result<HttpAnswer> call(const HttpCall& call) const override {
    CurlHandle owner = take_handle();
    CURL* handle = owner.get();
    if (handle == nullptr) return Error{ErrorCode::kInternal, "libcurl does not start"};
    std::array<char, CURL_ERROR_SIZE> reason{};
    CallTransfer transfer(call, handle);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, reason.data());
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, call_header_callback);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, call_body_callback);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
    set_address(handle, call.url);
    set_limits(handle);
    if (call.method != "GET") curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(call.give_up_after_seconds * 1000));
    PRETAG_ASSIGN(const FileHandle file, set_body(handle, call));
    const HeaderList headers = call_headers(call);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
    const CURLcode code = curl_easy_perform(handle);
    auto answer = transfer.finish(code, reason.data());
    put_back(std::move(owner));
    return answer;
  }

 private:
  using FileHandle = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
  using HeaderList = std::unique_ptr<curl_slist, void (*)(curl_slist*)>;

  static HeaderList call_headers(const HttpCall& call) {
    curl_slist* list = curl_slist_append(nullptr, "Accept: application/json");
    list = curl_slist_append(list, "Expect:");  // no waiting for leave to send the body
    const bool has_body = !call.body.empty() || !call.body_file.empty();
    if (has_body) list = curl_slist_append(list, ("Content-Type: " + call.content_type).c_str());
    for (const std::string& header : call.headers) list = curl_slist_append(list, header.c_str());
    return {list, curl_slist_free_all};
  }

  // The file to send, open as long as the transfer; null where the body is in memory.
  static Result<FileHandle> set_body(CURL* handle, const HttpCall& call) {
    FileHandle file(nullptr, std::fclose);
    if (call.method != "GET") curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, call.method.c_str());
    if (!call.body_file.empty()) {
      std::error_code error;
      const auto bytes = std::filesystem::file_size(call.body_file, error);
      file.reset(error ? nullptr : std::fopen(call.body_file.c_str(), "rbe"));
      if (file == nullptr) return Error{ErrorCode::kNotFound, call.body_file + ": cannot be read"};
      curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
      curl_easy_setopt(handle, CURLOPT_READFUNCTION, read_file_callback);
      curl_easy_setopt(handle, CURLOPT_READDATA, file.get());
      curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(bytes));
    } else if (call.method == "POST" || call.method == "PUT") {
      curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
      curl_easy_setopt(handle, CURLOPT_POSTFIELDS, call.body.data());
    }
    return file;
  }

  // Handles keep their connections: many short calls to one server then share a few.
  CurlHandle take_handle() const {
    const std::scoped_lock lock(mutex_);
    if (idle_.empty()) return new_handle();
    CurlHandle handle = std::move(idle_.back());
    idle_.pop_back();
    return handle;
  }

  void put_back(CurlHandle handle) const {
    curl_easy_reset(handle.get());
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(handle));
  }

  void set_address(CURL* handle, const std::string& url) const {
    const bool secure = to_lower(url).starts_with("https:");
    curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);  // what is signed is what is sent
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(handle, CURLOPT_MAXREDIRS, static_cast<long>(options_.max_redirects));
    curl_easy_setopt(handle, CURLOPT_USERAGENT, options_.user_agent.c_str());
    if (!options_.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, options_.ca_file.c_str());
  }

  void set_limits(CURL* handle) const {
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);  // timeouts without SIGALRM, which threads would share
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, static_cast<long>(options_.connect_timeout.count()));
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(options_.slowest_bytes_per_second));
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options_.patience.count()));
  }

  HttpOptions options_;
  mutable std::mutex mutex_;
  mutable std::vector<CurlHandle> idle_;
};

}  // namespace

std::unique_ptr<HttpClient> make_http_client(HttpOptions options) {
  return std::make_unique<CurlClient>(std::move(options));
}

}  // namespace pretag
