// HTTP as a client, behind an interface so that tests can do without a network.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/util/result.h"

namespace pretag {

struct HttpGet {
  std::string url{};        // http:// or https://
  uint64_t first_byte = 0;  // not 0: asks for the rest from there (Range); the answer's status says if it was granted
  uint64_t max_bytes = 0;   // of the body; kUnsupported when it has more. 0: no limit
};

// An answer's status and those of its headers that matter, before its body arrives.
struct HttpHead {
  int status = 0;           // 200: the whole, 206: the part asked for, 416: there is nothing from first_byte on …
  uint64_t first_byte = 0;  // of the body within the whole; as asked for with 206, else 0
  std::optional<uint64_t> total_bytes;  // of the whole, where the server says
};

// Receives an answer of status 200 or 206; other bodies are dropped. An error ends the transfer and is returned from
// get().
struct HttpSink {
  std::function<Status(const HttpHead&)> begin;    // once, before the first append
  std::function<Status(std::string_view)> append;  // piece by piece
};

// A call whose answer is short: what an API is asked.
struct HttpCall {
  std::string method = "GET";  // GET, POST, PUT or DELETE
  std::string url{};
  std::string content_type = "application/json";  // of the body
  std::vector<std::string> headers{};             // further ones, "Name: value"
  std::string body{};
  std::string body_file{};                     // not empty: the body is this file, sent without holding it in memory
  size_t max_answer_bytes = size_t{64} << 20;  // kUnsupported when the answer has more
  double give_up_after_seconds = 0;            // of the whole call; 0: only when nothing moves any more
};

struct HttpAnswer {
  int status = 0;
  std::string body;
  double retry_after_seconds = 0;                // as the server asks (Retry-After); 0 if it does not
  std::map<std::string, std::string> headers{};  // by their names in lower case

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;

  // Blocks until the answer is complete. Thread-safe if the sink is. Any status that the server answers is a success
  // here; kIo when there was no complete answer (unreachable, lost, too slow), kInvalidArgument for a bad address or a
  // certificate that is not to be trusted.
  virtual Result<HttpHead> get(const HttpGet& request, const HttpSink& sink) const = 0;

  // The same for a call: the bodies of error statuses are returned, too. Redirects are followed for GET alone. Messages
  // leave out the address's query, which may hold a token. kNotFound for a body_file that cannot be opened, which no
  // second try would mend.
  virtual Result<HttpAnswer> call(const HttpCall& call) const = 0;
};

struct HttpOptions {
  std::string ca_file{};  // PEM certificates to trust instead of the system's; empty: the system's
  std::chrono::seconds connect_timeout{30};
  // A transfer that stays below this for that long is given up.
  int slowest_bytes_per_second = 256;
  std::chrono::seconds patience{60};
  int max_redirects = 10;
  std::string user_agent = "pretag";
};

// libcurl. Proxies are those of the usual environment variables (https_proxy, no_proxy …), which libcurl reads.
// Redirects are followed, but never from https to http.
std::unique_ptr<HttpClient> make_http_client(HttpOptions options = {});

}  // namespace pretag
