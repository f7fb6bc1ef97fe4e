// The socket side of the server: accepts connections, reads requests, sends answers. HTTP/1.1 by cpp-httplib.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "pretag/server/http_message.h"
#include "pretag/util/result.h"

namespace pretag {

struct HttpServerOptions {
  std::string host = "127.0.0.1";
  int port = 8000;                           // 0: any that is free
  std::string tls_certificate{}, tls_key{};  // PEM files; both or none
  size_t threads = 96;                       // connections that are served at the same time; each may be idle or slow
  std::chrono::milliseconds header_time{10'000};  // a request line and its headers must be complete within this time
  std::chrono::milliseconds patience{30'000};     // nothing at all from or to the peer for this long ends a connection
  std::chrono::milliseconds request_time{6 * 3600 * 1000};  // for the whole of a request, uploads included
  std::chrono::milliseconds keep_alive{15'000};             // an idle connection is kept for this long
};

struct AccessLogEntry {
  std::string method, path;  // without the query, which holds tokens and signatures
  std::string remote, user, detail;
  int status = 0;
  double seconds = 0;
};

class HttpServer {
 public:
  // Both are called by many threads at the same time, and must not throw.
  using Answer = std::function<HttpResponse(HttpRequest&)>;
  using Log = std::function<void(const AccessLogEntry&)>;
  // Binds at once. kInvalidArgument: host, port or TLS files cannot be used; kIo: the port is taken.
  static Result<std::unique_ptr<HttpServer>> open(const HttpServerOptions& options, Answer answer, Log log);
  ~HttpServer();

  int port() const;
  // Serves until stop(); returns when the last request has been answered. kIo when accepting fails.
  Status run();
  // From any thread, also before run(): no new connections; idle ones are closed within a tenth of a second, requests
  // are finished and their answers sent to the end.
  void stop();

 private:
  class Implementation;
  explicit HttpServer(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace pretag
