// An HTTP server on this machine that answers as a test says, rightly or wrongly, with or without TLS.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace pretag {

class HttpTestServer {
 public:
  // From the request's head (request line and header fields) to the bytes of the answer, as they go over the wire. The
  // connection is closed after them. Called on the server's thread, one request at a time.
  using Handler = std::function<std::string(const std::string& request)>;
  enum class Security { kPlain, kTls };

  explicit HttpTestServer(Handler handler, Security security = Security::kPlain);
  ~HttpTestServer();
  HttpTestServer(const HttpTestServer&) = delete;
  HttpTestServer& operator=(const HttpTestServer&) = delete;

  // "http://127.0.0.1:41234" or "https://…", followed by `path`.
  std::string url(const std::string& path = "/") const;
  std::vector<std::string> requests() const;  // so far
  // The certificate that the server shows (kTls), self-signed for 127.0.0.1, PEM.
  const std::string& certificate() const { return certificate_; }

 private:
  class Tls;

  void serve();
  void answer(int connection);

  Handler handler_;
  std::unique_ptr<Tls> tls_;
  std::string certificate_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

// "HTTP/1.1 200 OK" with the headers ("Name: value\r\n" each) and the body with its length.
std::string http_answer(const std::string& status, const std::string& body, const std::string& headers = "");

// What a server that knows ranges says to this request for `content`: 206, or 416 where there is nothing, else 200.
std::string http_range_answer(const std::string& request, const std::string& content);

}  // namespace pretag
