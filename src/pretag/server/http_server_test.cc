// Answers on a real socket.
#include "pretag/server/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <thread>

#include "pretag/io/http_client.h"
#include "support/temporary_folder.h"

namespace pretag {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// A connection on which a test says what it likes, and reads when it likes.
class RawConnection {
 public:
  explicit RawConnection(int port, int receive_buffer = 0) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~RawConnection() { ::close(socket_); }
  RawConnection(const RawConnection&) = delete;

  bool connected() const { return connected_; }
  void send(const std::string& text) const {
    EXPECT_EQ(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  // What comes next; nothing at the end.
  std::string read_some() const {
    std::array<char, 65536> piece{};
    const auto size = ::recv(socket_, piece.data(), piece.size(), 0);
    return size > 0 ? std::string(piece.data(), static_cast<size_t>(size)) : std::string();
  }
  std::string read_all() const {
    std::string all;
    for (std::string piece = read_some(); !piece.empty(); piece = read_some()) all += piece;
    return all;
  }

 private:
  int socket_;
  bool connected_ = false;
};

class RunningServer {
 public:
  explicit RunningServer(HttpServer::Answer answer)
      : server_(*HttpServer::open({.port = 0, .threads = 2}, std::move(answer), [](const AccessLogEntry&) {})),
        thread_([this] { EXPECT_TRUE(server_->run()); }) {}
  ~RunningServer() {
    stop();
    thread_.join();
  }
  void stop() const { server_->stop(); }
  int port() const { return server_->port(); }
  // The whole answer, as it comes over the wire, to GET / with further header lines.
  std::string answer_to(const std::string& headers, const std::string& method = "GET") const {
    const RawConnection connection(port());
    connection.send(method + " / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers + "\r\n");
    return connection.read_all();
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

HttpServer::Answer always(const HttpResponse& response) {
  return [response](HttpRequest&) { return response; };
}

// Thousands of ranges made as many copies of the answer, and one a part that was called the whole.
TEST(HttpServer, sends_whole_answers_whatever_ranges_are_asked_for) {
  const RunningServer server(always({.content_type = "image/png", .body = "0123456789"}));
  std::string many = "Range: bytes=-";
  while (many.size() < 8000) many += ",-";
  for (const std::string& range : {std::string("Range: bytes=4-\r\n"), many + "\r\n"}) {
    EXPECT_THAT(server.answer_to(range), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Accept-Ranges: none\r\n"),
                                               EndsWith("\r\n\r\n0123456789")));
  }
  const std::string refused = server.answer_to(many + ",2-1\r\n");
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 416 "));
  EXPECT_LT(refused.size(), 1000u);
  EXPECT_THAT(server.answer_to("", "HEAD"), AllOf(HasSubstr("Accept-Ranges: none\r\n"), Not(HasSubstr("bytes\r\n"))));
}

TEST(HttpServer, sends_whole_files_whatever_ranges_are_asked_for) {
  const TemporaryFolder folder;
  folder.write("file", "0123456789");
  const RunningServer server(always({.content_type = "application/octet-stream", .file = folder / "file"}));
  for (const char* range : {"Range: bytes=4-\r\n", "Range: bytes=0-1,4-5\r\n"}) {
    EXPECT_THAT(server.answer_to(range), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), Not(HasSubstr("Content-Range")),
                                               EndsWith("\r\n\r\n0123456789")));
  }
}

TEST(HttpServer, compresses_with_gzip_or_not_at_all) {
  const RunningServer server(always({.content_type = "application/json", .body = "[" + std::string(5000, ' ') + "]"}));
  for (const char* accepts : {"br, gzip", "gzip, deflate, br, zstd"}) {
    const std::string answer = server.answer_to(std::string("Accept-Encoding: ") + accepts + "\r\n");
    EXPECT_THAT(answer, HasSubstr("Content-Encoding: gzip\r\n"));
    EXPECT_LT(answer.size(), 1000u);
  }
  for (const char* accepts : {"Accept-Encoding: br\r\n", "Accept-Encoding: identity\r\n", ""}) {
    const std::string answer = server.answer_to(accepts);
    EXPECT_THAT(answer, AllOf(Not(HasSubstr("Content-Encoding")), EndsWith("  ]"))) << accepts;
  }
}

// Those who stop a server and start it again would have files of whatever length was sent by then.
TEST(HttpServer, sends_files_to_the_end_when_it_is_stopped) {
  constexpr size_t kSize = 16u << 20;  // more than the sockets hold
  const TemporaryFolder folder;
  folder.write("file", std::string(kSize, 'x'));
  const RunningServer server(always({.content_type = "application/octet-stream", .file = folder / "file"}));
  const RawConnection slow(server.port(), 1 << 14);
  slow.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  std::string answer = slow.read_some();
  ASSERT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  server.stop();
  answer += slow.read_all();
  EXPECT_EQ(answer.size(), answer.find("\r\n\r\n") + 4 + kSize);
}

TEST(HttpServer, waits_for_nobody_who_is_idle_and_takes_nobody_more_when_it_is_stopped) {
  const auto begin = std::chrono::steady_clock::now();
  {
    const RunningServer server(always({.body = "ok"}));
    const RawConnection idle(server.port());
    idle.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(idle.read_some(), StartsWith("HTTP/1.1 200 OK\r\n"));
    server.stop();
    EXPECT_THAT(idle.read_all(), Not(HasSubstr("HTTP")));
    EXPECT_FALSE(RawConnection(server.port()).connected());
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10)) << "an idle one is kept for 15";
}

TEST(HttpServer, can_be_stopped_before_it_runs) {
  const auto server = HttpServer::open({.port = 0, .threads = 2}, always({}), [](const AccessLogEntry&) {});
  ASSERT_TRUE(server.ok());
  (*server)->stop();
  EXPECT_TRUE((*server)->run());
}

}  // namespace
}  // namespace pretag
