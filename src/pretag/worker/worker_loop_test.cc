#include "pretag/worker/worker_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/memory_file_system.h"
#include "support/scripted_http_client.h"

namespace pretag {
namespace {

using ::testing::ElementsAre;

TEST(WorkerLoop, AJobWhoseRunCannotBeMadeIsGivenBack) {
  std::atomic<bool> stop = false;
  const ScriptedHttpClient http([&](const HttpCall& call) -> Result<HttpAnswer> {
    const auto has = [&](const char* part) { return call.url.find(part) != std::string::npos; };
    if (call.method == "PUT") return HttpAnswer{204, "", 0};
    if (has("/v1/docker/worker/w?")) return HttpAnswer{200, R"({"id": "w", "state": "OFFLINE"})", 0};
    if (has("state=OPEN")) return HttpAnswer{200, R"([{"id": "5", "datasetId": "d"}])", 0};
    if (has("state=LOCKED")) return HttpAnswer{200, "[]", 0};
    if (call.method == "GET") return HttpAnswer{404, R"({"code": "DOCKER_RUN_UNKNOWN", "error": "there is none"})", 0};
    stop = true;  // one job is enough
    return HttpAnswer{400, "", 0};
  });
  const ApiTransport transport(
      http, {.location = "http://server", .token = "t"}, {}, [](double) { return false; }, [](auto&) {});
  const ApiClient api(transport);
  MemoryFileSystem files;
  WorkerSettings settings;
  settings.worker_id = "w";
  const WorkerContext context{
      .api = api, .files = files, .settings = settings, .model_folders = {}, .log = [](auto&) {}, .stop = stop};
  ASSERT_TRUE(work(context).ok());
  std::vector<std::string> locks;
  for (const HttpCall& call : http.calls()) {
    if (call.url.find("/worker/w/schedule/5?") != std::string::npos) locks.push_back(call.body);
  }
  EXPECT_THAT(locks, ElementsAre(R"({"state":"LOCKED"})", R"({"state":"OPEN"})"));
}

}  // namespace
}  // namespace pretag
