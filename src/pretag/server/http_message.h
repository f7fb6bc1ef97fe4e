// Requests and answers as the handlers see them, whatever carries them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pretag/server/http_target.h"
#include "pretag/util/result.h"

namespace pretag {

struct HttpRequest {
  std::string method;  // upper case
  HttpTarget target;
  std::map<std::string, std::string> headers;  // names in lower case; the last of several wins
  std::string remote;                          // the peer's address, for the log
  bool secure = false;                         // came over TLS

  // Hands the body to `sink` piece by piece; an error of the sink ends it and is returned. kUnsupported once the body
  // is found to be larger than `max_bytes`, kIo when the client goes away. To be called at most once.
  using Sink = std::function<Status(std::string_view)>;
  std::function<Status(uint64_t max_bytes, const Sink&)> read_body;

  // Filled in from read_body before a handler runs, unless its route reads the body itself.
  std::string body{};

  // Empty where there is none.
  std::string_view header(const std::string& lower_case_name) const;
};

struct HttpResponse {
  int status = 200;
  std::string content_type{};
  std::string body{};
  std::string file{};  // path of a file to send in place of `body`
  // Where it is set, `body` is only the beginning: called, while the answer is being sent, for the pieces that follow,
  // up to an empty one. An error breaks the connection off, so that nobody takes a part for the whole. It outlives the
  // request, and may call on the database.
  std::function<Result<std::string>()> more{};
  std::vector<std::pair<std::string, std::string>> headers{};
  // For the access log, never sent.
  std::string user{};
  std::string detail{};
};

}  // namespace pretag
