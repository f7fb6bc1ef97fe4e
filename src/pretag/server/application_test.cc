#include "pretag/server/application.h"

#include "pretag/server/test_server.h"

namespace pretag {
namespace {

using nlohmann::json;

TEST(Application, every_error_has_a_code_a_message_and_a_request_id) {
  TestServer server;
  for (const auto& [method, target, status] :
       {std::tuple{"GET", "/v1/nothing", 404}, {"PATCH", "/v1/datasets", 405}, {"GET", "/v1/datasets/x", 404}}) {
    const Answer answer = server.call(method, target);
    EXPECT_EQ(answer.status, status) << target;
    EXPECT_EQ(keys_of(answer.json), (std::set<std::string>{"code", "error", "requestId"})) << target;
  }
}

TEST(Application, has_no_licence_that_ends_and_no_quota) {
  TestServer server;
  const json licence = server.get("/v1/docker/licenseInformation").json;
  EXPECT_EQ(keys_of(licence), (std::set<std::string>{"licenseType", "licenseExpirationDate", "licenseIsValid"}));
  EXPECT_EQ(licence["licenseIsValid"], true);
  EXPECT_GT(licence["licenseExpirationDate"].get<int64_t>(), server.now);
  EXPECT_GE(std::stoll(server.get("/v1/quota").json.get<std::string>()), 1'000'000) << "the client calls int() on it";
}

TEST(Application, needs_a_token_that_is_known_and_not_revoked) {
  TestServer server;
  EXPECT_EQ(server.get("/v1/datasets", "").status, 401);
  EXPECT_EQ(server.get("/v1/datasets", std::string(48, 'a')).status, 401);
  EXPECT_EQ(server.get("/v1/datasets").status, 200);
  {
    const auto sql = server.context->database().connect();
    const auto tokens = list_tokens(**sql);
    for (const TokenInfo& token : *tokens) {
      if (token.user != "anna@example.org") continue;
      EXPECT_TRUE(*revoke_token(**sql, token.id, server.now));
      EXPECT_FALSE(*revoke_token(**sql, token.id, server.now));
    }
    EXPECT_FALSE(*revoke_token(**sql, "' OR 1=1 --", server.now));
  }
  EXPECT_EQ(server.get("/v1/datasets").status, 401);
  EXPECT_EQ(server.get("/v1/datasets", server.ben).status, 200);
}

TEST(Application, takes_the_last_token_of_the_query_or_a_bearer_header) {
  TestServer server;
  EXPECT_EQ(server.get("/v1/datasets?token=wrong").status, 200);
  EXPECT_EQ(server.get("/v1/datasets?token=" + server.anna, "wrong").status, 401);
  server.headers["authorization"] = "Bearer " + server.anna;
  EXPECT_EQ(server.get("/v1/datasets", "").status, 200);
  server.headers["authorization"] = "Basic " + server.anna;
  EXPECT_EQ(server.get("/v1/datasets", "").status, 401);
}

TEST(Application, tokens_are_not_in_the_database_but_by_their_digest) {
  TestServer server;
  const auto sql = server.context->database().connect();
  std::string hashes;
  ASSERT_TRUE(
      (*sql)->query("SELECT hash FROM tokens", {}, [&](const SqlRow& row) { return hashes += row.text(0), Status(); }));
  EXPECT_EQ(hashes.size(), 2u * 64);
  EXPECT_EQ(hashes.find(server.anna), std::string::npos);
}

TEST(Application, strangers_are_turned_away_before_their_body_is_read) {
  TestServer server;
  HttpRequest request;
  request.method = "POST";
  request.target = *parse_http_target("/v1/datasets?token=wrong");
  bool read = false;
  request.read_body = [&](uint64_t, const HttpRequest::Sink&) { return read = true, Status(); };
  EXPECT_EQ(server.application->answer(request).status, 401);
  EXPECT_FALSE(read);
}

TEST(Application, bodies_are_bounded_in_size_and_depth_and_must_be_json) {
  TestServer server({.max_body_bytes = 1000});
  EXPECT_EQ(server.call("POST", "/v1/datasets", std::string(1001, ' ')).status, 413);
  EXPECT_EQ(server.call("POST", "/v1/datasets", "{").status, 400);
  EXPECT_EQ(server.call("POST", "/v1/datasets", "[]").status, 400);
  EXPECT_EQ(server.call("POST", "/v1/datasets", "{\"name\": \"\xff\"}").status, 400);
  const Answer deep = server.call("POST", "/v1/datasets", std::string(400, '[') + std::string(400, ']'));
  EXPECT_EQ(deep.status, 400);
  EXPECT_NE(deep.text.find("deep"), std::string::npos);
}

TEST(Application, health_needs_no_token_and_metrics_tell_what_happened) {
  TestServer server;
  EXPECT_EQ(server.get("/healthz", "").text, "ok\n");
  EXPECT_EQ(server.get("/readyz", "").status, 200);
  server.new_job(server.new_dataset());
  const std::string metrics = server.get("/metrics", "").text;
  EXPECT_NE(metrics.find("pretag_http_requests_total{method=\"POST\",route=\"/v1/datasets\",status=\"201\"} 1\n"),
            std::string::npos);
  EXPECT_NE(metrics.find("pretag_scheduled_runs{state=\"OPEN\"} 1\n"), std::string::npos);
  EXPECT_NE(metrics.find("pretag_datasets 1\n"), std::string::npos);
}

TEST(Application, version_calls_need_no_token_and_answer_three_numbers) {
  TestServer server;
  EXPECT_EQ(server.get("/v1/versions/pip/latest?currentVersion=1.5.26", "").json, "1.5.26");
  EXPECT_EQ(server.get("/v1/versions/pip/minimum", "").json, "1.2.10");
}

TEST(Application, what_goes_wrong_inside_is_not_told_to_the_client) {
  TestServer server;
  {
    const auto sql = server.context->database().connect();
    ASSERT_TRUE((*sql)->execute("DROP TABLE datasets"));
  }
  const Answer answer = server.get("/v1/datasets");
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.text.find("memory"), std::string::npos);
  EXPECT_EQ(answer.text.find("datasets"), std::string::npos);
}

}  // namespace
}  // namespace pretag
