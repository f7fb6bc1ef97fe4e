// For the tests of this layer: a whole server without a socket, on a database of its own, with a clock that the
// test moves.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "pretag/io/file_system.h"
#include "pretag/server/accounts.h"
#include "pretag/server/application.h"
#include "pretag/server/counting_database.h"
#include "pretag/server/schema.h"
#include "pretag/server/test_database.h"
#include "support/temporary_folder.h"

namespace pretag {

struct Answer {
  int status = 0;
  std::string text;  // the body, or the file's bytes
  nlohmann::json json{};
  std::string id() const { return json.value("id", ""); }
};

class TestServer {
 public:
  explicit TestServer(ServerSettings settings = {}) {
    auto database = open_test_database();
    {
      const auto sql = database->connect();
      EXPECT_TRUE(migrate(**sql).ok());
      anna = create_token(**sql, "anna@example.org", "", now)->secret;
      ben = create_token(**sql, "ben@example.org", "", now)->secret;
    }
    auto counting = std::make_unique<CountingDatabase>(std::move(database));
    rows = counting->rows();
    context = std::make_unique<ServerContext>(std::move(counting), ServerKey::random(), folder.path() + "/files",
                                              std::move(settings), [this] { return now; });
    application = std::make_unique<Application>(*context);
  }

  // As anna, unless another token is given; an empty one sends none.
  Answer call(const std::string& method, const std::string& target, const std::string& body = "",
              std::optional<std::string> token = std::nullopt) {
    HttpResponse response = respond(method, target, body, std::move(token));
    while (response.more) {
      const auto piece = response.more();
      EXPECT_TRUE(piece.ok());
      if (!piece.ok() || piece->empty()) break;
      response.body += *piece;
    }
    Answer answer{response.status, response.body};
    if (!response.file.empty()) {
      const auto bytes = local_file_system().read(response.file, 1 << 30);
      answer.text.assign(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    }
    if (response.content_type == "application/json") answer.json = nlohmann::json::parse(response.body);
    return answer;
  }
  // The same before anything of it is sent.
  HttpResponse respond(const std::string& method, const std::string& target, const std::string& body = "",
                       std::optional<std::string> token = std::nullopt) {
    const std::string secret = token.value_or(anna);
    const std::string with_token =
        secret.empty() ? target : target + (target.find('?') == std::string::npos ? "?" : "&") + "token=" + secret;
    HttpRequest request;
    request.method = method;
    const auto parsed = parse_http_target(with_token);
    EXPECT_TRUE(parsed.ok()) << target;
    request.target = *parsed;
    request.headers = headers;
    request.read_body = [&](uint64_t max_bytes, const HttpRequest::Sink& sink) -> Status {
      if (body.size() > max_bytes) return Error{ErrorCode::kUnsupported, "too large"};
      return sink(body);
    };
    return application->answer(request);
  }
  Answer get(const std::string& target, std::optional<std::string> token = std::nullopt) {
    return call("GET", target, "", std::move(token));
  }
  Answer post(const std::string& target, const nlohmann::json& body, std::optional<std::string> token = std::nullopt) {
    return call("POST", target, body.dump(), std::move(token));
  }
  Answer put(const std::string& target, const nlohmann::json& body, std::optional<std::string> token = std::nullopt) {
    return call("PUT", target, body.dump(), std::move(token));
  }
  // A link of an answer, followed without a token.
  Answer follow(const std::string& method, const std::string& link, const std::string& body = "") {
    const size_t path = link.find("/v1/");
    EXPECT_NE(path, std::string::npos) << link;
    return call(method, link.substr(path), body, "");
  }

  std::string new_dataset(const std::string& name = "pictures") {
    return post("/v1/datasets", {{"name", name}, {"type", "Images"}}).id();
  }
  std::string new_worker(const std::string& name, const nlohmann::json& labels = nlohmann::json::array()) {
    return post("/v1/docker/worker", {{"name", name}, {"workerType", "FULL"}, {"labels", labels}}).id();
  }
  std::string new_job(const std::string& dataset, nlohmann::json extra = nlohmann::json::object()) {
    extra["configId"] = post("/v1/docker/worker/config/v3", {{"config", {{"workerType", "FULL"}}}}).id();
    return post("/v1/datasets/" + dataset + "/docker/worker/schedule", extra).id();
  }
  std::string new_run(const std::string& job) {
    return post("/v1/docker/runs", {{"dockerVersion", "0.1"}, {"scheduledId", job}}).id();
  }
  std::string new_sample(const std::string& dataset, const std::string& file) {
    return post("/v1/datasets/" + dataset + "/samples/withWriteUrls", {{"fileName", file}}).id();
  }

  TemporaryFolder folder;
  int64_t now = 1'700'000'000'000;  // unix ms
  std::string anna, ben;            // tokens
  std::map<std::string, std::string> headers{};
  std::shared_ptr<CountedRows> rows;  // of the database, by whatever was called
  std::unique_ptr<ServerContext> context;
  std::unique_ptr<Application> application;
};

inline std::set<std::string> keys_of(const nlohmann::json& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.insert(key);
  return keys;
}

}  // namespace pretag
