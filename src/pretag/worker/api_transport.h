// One call to the platform's API and its answer, with the token, tried again where that may help.
#pragma once

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "pretag/io/http_client.h"
#include "pretag/util/backoff.h"
#include "pretag/util/clock.h"
#include "pretag/util/pause.h"
#include "pretag/util/result.h"
#include "pretag/worker/worker_log.h"

namespace pretag {

struct ApiCall {
  std::string method = "GET";
  std::string path;  // "/v1/…", its variable parts encoded with percent_encode()
  std::vector<std::pair<std::string, std::string>> query = {};
  std::string body = {};  // JSON
  bool try_again = true;  // false where a second call would make a second thing
};

struct ApiServer {
  std::string location;  // "https://host[:port]", with or without a slash at its end
  std::string token;     // sent as the last query parameter; never part of a message
};

// Thread-safe. `http` and `clock` must outlive it. `log` hears when the server cannot be reached, and when it can
// again.
class ApiTransport {
 public:
  ApiTransport(const HttpClient& http, ApiServer server, RetryPolicy policy, Pause pause, WorkerLog log,
               const Clock& clock = steady_clock(), bool has_answered = false);

  // The same server, tried again with other pauses: those of a job end when it is cancelled. What this one refers to
  // must outlive it.
  ApiTransport with_pause(Pause pause) const;
  const HttpClient& http() const { return http_; }

  // The body of a 2xx answer. Tried again: no connection, 408, 425, 429 and 5xx; but not a certificate that is not to
  // be trusted (kInvalidArgument). A server that has answered before is away, too, where a 404 or 405 gives no reason
  // in JSON: that is the word of a proxy before it. Errors name the call and say what the server said: kNotFound (404,
  // 405), kInvalidArgument (other 4xx), kIo (unreachable or failing for too long), kCancelled (asked to stop
  // meanwhile).
  Result<std::string> call(const ApiCall& call) const;
  // PUT to a signed address, without the token; `what` stands for it in messages. kNotFound also for a file that cannot
  // be opened.
  Status upload_file(const std::string& signed_url, const std::string& path, const std::string& what) const;
  // GET of a signed address, likewise. kUnsupported when there are more bytes than that.
  Result<std::string> download(const std::string& signed_url, size_t max_bytes, const std::string& what) const;

 private:
  Result<std::string> send(const HttpCall& call, const std::string& what, bool try_again) const;
  void note_outage(const Result<HttpAnswer>& answer) const;

  const HttpClient& http_;
  ApiServer server_;
  RetryPolicy policy_;
  Pause pause_;
  WorkerLog log_;
  const Clock& clock_;
  mutable std::atomic<bool> away_ = false;  // as the log was told last
  mutable std::atomic<bool> has_answered_;  // what was asked, once at least
};

}  // namespace pretag
