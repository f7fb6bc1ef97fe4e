// Answers on a real socket.
#include "pretag/server/http_server.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "pretag/io/http_client.h"

namespace pretag {
namespace {

class RunningServer {
 public:
  explicit RunningServer(HttpServer::Answer answer)
      : server_(*HttpServer::open({.port = 0, .threads = 2}, std::move(answer), [](const AccessLogEntry&) {})),
        thread_([this] { EXPECT_TRUE(server_->run()); }) {}
  ~RunningServer() {
    server_->stop();
    thread_.join();
  }
  Result<HttpAnswer> get() const {
    return make_http_client()->call({.url = "http://127.0.0.1:" + std::to_string(server_->port()) + "/"});
  }

 private:
  std::unique_ptr<HttpServer> server_;
  std::thread thread_;
};

// "0,1,2,…" of so many pieces; at `fault`, an error.
HttpServer::Answer in_pieces(int count, int fault) {
  return [=](HttpRequest&) {
    HttpResponse response{.content_type = "text/plain", .body = "0,"};
    response.more = [count, fault, next = 1]() mutable -> Result<std::string> {
      if (next == fault) return Error{ErrorCode::kIo, "the database is gone"};
      return next < count ? std::to_string(next++) + "," : std::string();
    };
    return response;
  };
}

TEST(HttpServer, sends_an_answer_of_many_pieces) {
  const RunningServer server(in_pieces(5, -1));
  const auto answer = server.get();
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "0,1,2,3,4,");
}

TEST(HttpServer, breaks_the_connection_off_rather_than_end_an_answer_early) {
  const RunningServer server(in_pieces(5, 3));
  const auto answer = server.get();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace pretag
