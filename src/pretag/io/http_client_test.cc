#include "pretag/io/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "support/http_test_server.h"
#include "support/temporary_folder.h"

namespace pretag {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// What a sink has seen.
struct Received {
  std::string body;
  std::optional<HttpHead> head;

  HttpSink sink() {
    return {.begin = [this](const HttpHead& answer) -> Status {
              head = answer;
              return {};
            },
            .append = [this](std::string_view bytes) -> Status {
              body += bytes;
              return {};
            }};
  }
};

std::string redirect_to(const std::string& url) {
  return http_answer("302 Found", "moved", "Location: " + url + "\r\n");
}

std::string error_of(const Result<HttpHead>& result) { return result.ok() ? "no error" : result.error().message; }

TEST(HttpClient, GetsABody) {
  const std::string content(300'000, 'x');
  HttpTestServer server([&](const std::string&) { return http_answer("200 OK", content); });
  Received received;
  const auto head = make_http_client()->get({.url = server.url("/file")}, received.sink());
  ASSERT_TRUE(head.ok()) << head.error().message;
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->total_bytes, content.size());
  EXPECT_EQ(received.body, content);
  EXPECT_THAT(server.requests().at(0), AllOf(HasSubstr("GET /file HTTP/1.1"), Not(HasSubstr("Range:"))));
}

TEST(HttpClient, AnEmptyBodyHasABeginningToo) {
  HttpTestServer server([](const std::string&) { return http_answer("200 OK", ""); });
  Received received;
  ASSERT_TRUE(make_http_client()->get({.url = server.url()}, received.sink()).ok());
  EXPECT_TRUE(received.head.has_value());
}

TEST(HttpClient, AsksForTheRest) {
  HttpTestServer server([](const std::string& request) { return http_range_answer(request, "0123456789"); });
  Received received;
  const auto head = make_http_client()->get({.url = server.url(), .first_byte = 6}, received.sink());
  ASSERT_TRUE(head.ok()) << head.error().message;
  EXPECT_EQ(head->status, 206);
  EXPECT_EQ(head->first_byte, 6u);
  EXPECT_EQ(head->total_bytes, 10u);
  EXPECT_EQ(received.body, "6789");
}

TEST(HttpClient, RefusesAnotherPartThanAskedFor) {
  for (const char* range : {"Content-Range: bytes 0-3/10\r\n", "Content-Range: nonsense\r\n", ""}) {
    HttpTestServer server([&](const std::string&) { return http_answer("206 Partial Content", "0123", range); });
    Received received;
    EXPECT_THAT(error_of(make_http_client()->get({.url = server.url(), .first_byte = 6}, received.sink())),
                HasSubstr("another part than was asked for"));
    EXPECT_EQ(received.body, "");
  }
}

TEST(HttpClient, ErrorPagesDoNotReachTheSink) {
  HttpTestServer server([](const std::string&) { return http_answer("404 Not Found", std::string(100'000, '!')); });
  Received received;
  const auto head = make_http_client()->get({.url = server.url()}, received.sink());
  ASSERT_TRUE(head.ok()) << head.error().message;
  EXPECT_EQ(head->status, 404);
  EXPECT_FALSE(received.head.has_value());
  EXPECT_EQ(received.body, "");
}

TEST(HttpClient, FollowsRedirects) {
  HttpTestServer server([](const std::string& request) {
    return request.starts_with("GET /old") ? redirect_to("/new") : http_answer("200 OK", "here");
  });
  Received received;
  ASSERT_TRUE(make_http_client()->get({.url = server.url("/old")}, received.sink()).ok());
  EXPECT_EQ(received.body, "here");
}

TEST(HttpClient, GivesUpOnARedirectLoop) {
  HttpTestServer server([](const std::string&) { return redirect_to("/again"); });
  Received received;
  EXPECT_THAT(error_of(make_http_client({.max_redirects = 3})->get({.url = server.url()}, received.sink())),
              HasSubstr("redirects"));
  EXPECT_EQ(server.requests().size(), 4u);
}

TEST(HttpClient, TrustsTheCertificateFileAndNothingElse) {
  HttpTestServer server([](const std::string&) { return http_answer("200 OK", "safe"); },
                        HttpTestServer::Security::kTls);
  const TemporaryFolder directory;
  std::ofstream(directory / "ca.pem") << server.certificate();
  Received distrusted, trusted;
  const auto refused = make_http_client()->get({.url = server.url()}, distrusted.sink());
  EXPECT_THAT(error_of(refused), HasSubstr("certificate"));
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);  // it helps not to try again
  EXPECT_EQ(distrusted.body, "");
  const auto head = make_http_client({.ca_file = directory / "ca.pem"})->get({.url = server.url()}, trusted.sink());
  ASSERT_TRUE(head.ok()) << head.error().message;
  EXPECT_EQ(trusted.body, "safe");
}

TEST(HttpClient, NeverGoesFromHttpsToHttp) {
  HttpTestServer plain([](const std::string&) { return http_answer("200 OK", "unsafe"); });
  HttpTestServer secure([&](const std::string&) { return redirect_to(plain.url()); }, HttpTestServer::Security::kTls);
  const TemporaryFolder directory;
  std::ofstream(directory / "ca.pem") << secure.certificate();
  Received received;
  const auto head = make_http_client({.ca_file = directory / "ca.pem"})->get({.url = secure.url()}, received.sink());
  EXPECT_FALSE(head.ok());
  EXPECT_EQ(received.body, "");
  EXPECT_TRUE(plain.requests().empty());
}

TEST(HttpClient, ABrokenConnectionIsAnError) {
  HttpTestServer server([](const std::string&) { return "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123"; });
  Received received;
  const auto head = make_http_client()->get({.url = server.url()}, received.sink());
  ASSERT_FALSE(head.ok());
  EXPECT_EQ(head.error().code, ErrorCode::kIo);
  EXPECT_THAT(head.error().message, HasSubstr(server.url()));
  EXPECT_EQ(received.body, "0123");
}

TEST(HttpClient, StopsAtTheLimitAndWhenTheSinkFails) {
  HttpTestServer server([](const std::string&) { return http_answer("200 OK", std::string(100'000, 'x')); });
  Received received;
  const auto limited = make_http_client()->get({.url = server.url(), .max_bytes = 1000}, received.sink());
  EXPECT_THAT(error_of(limited), HasSubstr("has more than 1000 B"));
  HttpSink full = received.sink();
  full.append = [](std::string_view) -> Status { return Error{ErrorCode::kIo, "disk full"}; };
  EXPECT_EQ(error_of(make_http_client()->get({.url = server.url()}, full)), "disk full");
}

TEST(HttpClient, GivesUpOnASilentServer) {
  std::mutex silence;
  std::unique_lock held(silence);
  HttpTestServer server([&](const std::string&) {
    const std::scoped_lock wait(silence);
    return http_answer("200 OK", "late");
  });
  Received received;
  const auto head = make_http_client({.slowest_bytes_per_second = 1, .patience = std::chrono::seconds(1)})
                        ->get({.url = server.url()}, received.sink());
  held.unlock();
  ASSERT_FALSE(head.ok());
  EXPECT_EQ(head.error().code, ErrorCode::kIo);
}

TEST(HttpClient, RefusesAddressesThatAreNotHttp) {
  Received received;
  for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/x", "http://", "", "http://[bad"}) {
    const auto head = make_http_client()->get({.url = url}, received.sink());
    ASSERT_FALSE(head.ok()) << url;
    EXPECT_EQ(head.error().code, ErrorCode::kInvalidArgument) << url << ": " << head.error().message;
  }
  EXPECT_EQ(received.body, "");
}

TEST(HttpClient, CallsReturnTheBodyOfEveryStatus) {
  HttpTestServer server([](const std::string&) {
    return http_answer("503 Service Unavailable", R"({"error": "busy"})", "Retry-After: 7\r\n");
  });
  const auto answer = make_http_client()->call({.method = "PUT", .url = server.url("/a?token=x"), .body = "{}"});
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->body, R"({"error": "busy"})");
  EXPECT_EQ(answer->retry_after_seconds, 7);
  EXPECT_THAT(server.requests().at(0), AllOf(HasSubstr("PUT /a?token=x HTTP/1.1"), HasSubstr("Content-Length: 2"),
                                             HasSubstr("Content-Type: application/json")));
}

TEST(HttpClient, SendsAFileAndNothingWhereThereIsNoBody) {
  HttpTestServer server([](const std::string&) { return http_answer("200 OK", ""); });
  const TemporaryFolder directory;
  const auto client = make_http_client();
  const HttpCall upload{
      .method = "PUT", .url = server.url(), .body_file = directory.write("file", std::string(1000, 'x'))};
  EXPECT_EQ(client->call(upload)->status, 200);
  EXPECT_THAT(server.requests().at(0), AllOf(HasSubstr("Content-Length: 1000"), Not(HasSubstr("chunked"))));
  // The handle of the upload is used again, and nothing of it is left.
  EXPECT_EQ(client->call({.url = server.url()})->status, 200);
  EXPECT_THAT(server.requests().at(1), AllOf(HasSubstr("GET / "), Not(HasSubstr("Content-"))));
  EXPECT_EQ(client->call({.method = "POST", .url = server.url()})->status, 200);
  EXPECT_THAT(server.requests().at(2), AllOf(HasSubstr("POST / "), HasSubstr("Content-Length: 0")));
}

TEST(HttpClient, AFileThatIsNotThereIsNoFailureOfTheNetwork) {
  const TemporaryFolder directory;
  const auto sent =
      make_http_client()->call({.method = "PUT", .url = "http://127.0.0.1:1/", .body_file = directory / "nothing"});
  ASSERT_FALSE(sent.ok());
  EXPECT_EQ(sent.error().code, ErrorCode::kNotFound);  // kIo would be tried again
  EXPECT_THAT(sent.error().message, HasSubstr("nothing: cannot be read"));
}

TEST(HttpClient, CallsAreBoundedAndKeepTheirQueryToThemselves) {
  HttpTestServer server([](const std::string&) { return http_answer("200 OK", std::string(100'000, 'x')); });
  const auto large = make_http_client()->call({.url = server.url("/a?token=secret"), .max_answer_bytes = 1000});
  ASSERT_FALSE(large.ok());
  EXPECT_THAT(large.error().message, AllOf(HasSubstr("more than"), Not(HasSubstr("secret"))));
  const auto refused = make_http_client()->call({.url = "http://127.0.0.1:1/a?token=secret"});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kIo);
  EXPECT_THAT(refused.error().message, Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace pretag
