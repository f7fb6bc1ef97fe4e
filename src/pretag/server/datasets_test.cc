#include "pretag/server/test_server.h"

namespace pretag {
namespace {

using nlohmann::json;

TEST(Datasets, creating_answers_201_with_an_id_and_nothing_else) {
  TestServer server;
  const Answer answer =
      server.post("/v1/datasets", {{"name", "my data_set-1"}, {"type", "Images"}, {"creator", "USER_PIP"}});
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(keys_of(answer.json), std::set<std::string>{"id"});
  EXPECT_EQ(answer.id().size(), 24u);
}

TEST(Datasets, data_has_the_keys_that_strict_clients_know_and_integers) {
  TestServer server;
  const std::string id = server.new_dataset();
  const json data = server.get("/v1/datasets/" + id).json;
  EXPECT_EQ(keys_of(data), (std::set<std::string>{"id", "name", "userId", "type", "nSamples", "sizeInBytes",
                                                  "createdAt", "lastModifiedAt", "accessType", "imgType"}));
  EXPECT_EQ(data["id"], id);
  EXPECT_EQ(data["type"], "Images");
  EXPECT_TRUE(data["nSamples"].is_number_integer());
  EXPECT_EQ(data["createdAt"], server.now);
}

TEST(Datasets, names_are_checked_and_may_be_used_once) {
  TestServer server;
  server.new_dataset("pictures");
  for (const char* name : {"", "ab", "-ab", " ab", "a;b c", "pic/tures", "'; DROP TABLE datasets; --", "a\nbc"}) {
    EXPECT_EQ(server.post("/v1/datasets", {{"name", name}}).status, 400) << name;
  }
  const Answer again = server.post("/v1/datasets", {{"name", "pictures"}});
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.json["code"], "DATASET_NAME_EXISTS");
  EXPECT_EQ(server.post("/v1/datasets", {{"name", "pictures"}}, server.ben).status, 201);
}

TEST(Datasets, are_found_by_exact_name_or_part_and_nothing_found_is_an_empty_list) {
  TestServer server;
  server.new_dataset("street one");
  server.new_dataset("street two");
  const std::string base = "/v1/datasets/query/name/";
  EXPECT_EQ(server.get(base + "street%20one?shared=False&exact=True&pageSize=5000&pageOffset=0").json.size(), 1u);
  EXPECT_EQ(server.get(base + "street?shared=False&exact=False").json.size(), 2u);
  EXPECT_EQ(server.get(base + "street?shared=False&exact=True").json, json::array());
  EXPECT_EQ(server.get(base + "street%20one?shared=True&exact=True").json, json::array());
  EXPECT_EQ(server.get(base + "street%20one?getAssetsOfTeam=True&exact=True").json, json::array());
  EXPECT_EQ(server.get(base + "a%2Fb?exact=True").status, 200);
}

TEST(Datasets, pages_count_entries_and_end_with_an_empty_one) {
  TestServer server;
  std::set<std::string> ids, seen;
  for (const char* name : {"aaa", "bbb", "ccc"}) ids.insert(server.new_dataset(name));
  for (const int offset : {0, 2, 4}) {
    const json page = server.get("/v1/datasets?pageSize=2&pageOffset=" + std::to_string(offset)).json;
    EXPECT_EQ(page.size(), offset == 0 ? 2u : offset == 2 ? 1u : 0u);
    for (const json& dataset : page) seen.insert(dataset["id"].get<std::string>());
  }
  EXPECT_EQ(seen, ids);
  EXPECT_EQ(server.get("/v1/datasets").json.size(), 3u);
  EXPECT_EQ(server.get("/v1/datasets?pageSize=-1").status, 400);
  EXPECT_EQ(server.get("/v1/datasets?pageSize=1e3").status, 400);
}

TEST(Datasets, of_others_do_not_exist_until_they_are_shared) {
  TestServer server;
  const std::string id = server.new_dataset();
  for (const char* method : {"GET", "PUT", "DELETE"}) {
    const Answer answer = server.call(method, "/v1/datasets/" + id, R"({"name": "mine now"})", server.ben);
    EXPECT_EQ(answer.status, 404) << method;
    EXPECT_EQ(answer.json["code"], "DATASET_UNKNOWN");
  }
  const std::string access = "/v1/datasets/" + id + "/collaboration/access";
  EXPECT_EQ(server.post(access, {{"accessType", "WRITE"}, {"users", {"ben@example.org"}}}).status, 201);
  EXPECT_EQ(server.get("/v1/datasets/" + id, server.ben).status, 200);
  EXPECT_EQ(server.get("/v1/datasets?shared=True", server.ben).json.size(), 1u);
  EXPECT_EQ(server.get("/v1/datasets?shared=False", server.ben).json.size(), 0u);
  EXPECT_EQ(server.call("DELETE", "/v1/datasets/" + id, "{}", server.ben).status, 403);
  const char* all = R"({"type": "LOCAL", "purpose": "INPUT", "fullPath": ""})";
  EXPECT_EQ(server.call("PUT", "/v1/datasets/" + id + "/datasource", all, server.ben).status, 403)
      << "it would be read by the owner's workers";
  const json shares = server.get(access).json;
  ASSERT_EQ(shares.size(), 1u);
  EXPECT_EQ(keys_of(shares[0]),
            (std::set<std::string>{"id", "owner", "accessType", "users", "teams", "createdAt", "lastModifiedAt"}));
  server.headers["user-agent"] = "Lightly/1.4.8 (Linux) python/3.11";
  EXPECT_FALSE(server.get(access).json[0].contains("organizations"));
  server.headers["user-agent"] = "Lightly/1.4.7 (Linux) python/3.11";
  EXPECT_TRUE(server.get(access).json[0].contains("organizations"));
  EXPECT_EQ(server.post(access, {{"accessType", "WRITE"}, {"users", json::array()}}).status, 201);
  EXPECT_EQ(server.get("/v1/datasets/" + id, server.ben).status, 404);
}

TEST(Datasets, deleting_takes_what_belongs_to_it_and_asks_while_a_worker_is_busy) {
  TestServer server;
  const std::string id = server.new_dataset(), worker = server.new_worker("one"), job = server.new_job(id);
  server.new_sample(id, "a.png");
  const std::string lock = "/v1/datasets/" + id + "/docker/worker/" + worker + "/schedule/" + job;
  EXPECT_EQ(server.put(lock, {{"state", "LOCKED"}}).status, 204);
  EXPECT_EQ(server.call("DELETE", "/v1/datasets/" + id, "{}").json["code"], "ILLEGAL_ACTION_RESOURCE_IN_USE");
  EXPECT_EQ(server.call("DELETE", "/v1/datasets/" + id + "?force=True").status, 204);
  EXPECT_EQ(server.get("/v1/datasets/" + id).status, 404);
  EXPECT_EQ(server.put(lock, {{"state", "DONE"}}).status, 404);
  EXPECT_EQ(server.get("/v1/docker/worker/" + worker + "/schedule?state=OPEN").json, json::array());
}

class DatasetsOfUploads : public ::testing::Test {
 protected:
  std::vector<std::string> links() {
    const Answer sample = server.post("/v1/datasets/" + id + "/samples/withWriteUrls", {{"fileName", "a.png"}});
    const json embeddings = server.get("/v1/datasets/" + id + "/embeddings/writeCSVUrl").json;
    return {sample.json["sampleWriteUrls"]["full"], embeddings["signedWriteUrl"]};
  }
  std::vector<std::string> uploaded() {
    std::vector<std::string> files;
    std::error_code missing;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(server.folder / "files", missing)) {
      files.push_back(std::filesystem::relative(entry.path(), server.folder / "files").string());
    }
    std::erase_if(files, [](const std::string& file) { return file == "samples" || file == "embeddings"; });
    return files;
  }
  void remove() { EXPECT_EQ(server.call("DELETE", "/v1/datasets/" + id, "{}").status, 204); }

  TestServer server;
  const std::string id = server.new_dataset();
};

TEST_F(DatasetsOfUploads, that_are_deleted_take_no_more_files) {
  const auto earlier = links();
  for (const std::string& link : earlier) EXPECT_EQ(server.follow("PUT", link, "x").status, 200);
  EXPECT_EQ(uploaded().size(), 4u);
  remove();
  for (const std::string& link : earlier) {
    EXPECT_EQ(server.follow("PUT", link, "x").json["code"], "DATASET_UNKNOWN");
  }
  EXPECT_EQ(uploaded(), std::vector<std::string>());
}

TEST_F(DatasetsOfUploads, that_are_deleted_during_an_upload_keep_nothing_of_it) {
  for (const std::string& link : links()) {
    HttpRequest request;
    request.method = "PUT";
    request.target = *parse_http_target(link.substr(link.find("/v1/")));
    request.read_body = [&](uint64_t, const HttpRequest::Sink& sink) -> Status {
      PRETAG_TRY(sink("half"));
      if (server.get("/v1/datasets/" + id).status == 200) remove();
      return sink("half");
    };
    EXPECT_EQ(server.application->answer(request).status, 404);
    EXPECT_EQ(uploaded(), std::vector<std::string>());
  }
}

TEST_F(DatasetsOfUploads, take_files_for_a_day) {
  const std::string link = links()[0];
  server.now += 24 * 3600 * 1000;
  EXPECT_EQ(server.follow("PUT", link, "x").status, 200);
  server.now += 1000;
  EXPECT_EQ(server.follow("PUT", link, "x").status, 403);
}

TEST(Datasets, a_worker_that_is_gone_keeps_no_dataset_from_being_deleted) {
  TestServer server;
  const std::string id = server.new_dataset(), worker = server.new_worker("one"), job = server.new_job(id);
  EXPECT_EQ(
      server.put("/v1/datasets/" + id + "/docker/worker/" + worker + "/schedule/" + job, {{"state", "LOCKED"}}).status,
      204);
  server.now += server.context->settings().lease_ms + 1;
  EXPECT_EQ(server.call("DELETE", "/v1/datasets/" + id, "{}").status, 204);
}

TEST(Datasets, deleting_ends_the_runs_that_nobody_else_would_end) {
  TestServer server;
  const std::string id = server.new_dataset(), worker = server.new_worker("one");
  const auto run_of_new_job = [&] {
    const std::string job = server.new_job(id);
    EXPECT_EQ(server.put("/v1/datasets/" + id + "/docker/worker/" + worker + "/schedule/" + job, {{"state", "LOCKED"}})
                  .status,
              204);
    const std::string run = server.new_run(job);
    EXPECT_EQ(server.call("PUT", "/v1/datasets/" + id + "/docker/worker/schedule/" + job).status, 204);
    return "/v1/docker/runs/" + run;
  };
  const std::string cancelled = run_of_new_job(), completed = run_of_new_job();
  EXPECT_EQ(server.put(completed, {{"state", "COMPLETED"}}).status, 204);
  EXPECT_EQ(server.get(cancelled).json["state"], "STARTED") << "its worker will say so";
  EXPECT_EQ(server.call("DELETE", "/v1/datasets/" + id, "{}").status, 204);
  EXPECT_EQ(server.get(cancelled).json["state"], "ABORTED");
  EXPECT_EQ(server.get(completed).json["state"], "COMPLETED");
}

TEST(Datasets, take_notice_that_images_will_be_uploaded) {
  TestServer server;
  const std::string target = "/v1/datasets/" + server.new_dataset() + "/registerDatasetUpload";
  const json status = {{"total", 2}, {"processed", 0}, {"isRegistered", true}, {"uploadMethod", "USER_PIP"}};
  const Answer answer = server.put(target, status);
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.text, "");
  EXPECT_EQ(server.put(target, status, server.ben).status, 404);
}

TEST(Datasets, can_be_renamed_to_a_name_that_is_free) {
  TestServer server;
  const std::string id = server.new_dataset("one");
  server.new_dataset("two");
  EXPECT_EQ(server.put("/v1/datasets/" + id, {{"name", "two"}}).status, 409);
  EXPECT_EQ(server.put("/v1/datasets/" + id, {{"name", "three"}}).status, 204);
  EXPECT_EQ(server.get("/v1/datasets/" + id).json["name"], "three");
}

}  // namespace
}  // namespace pretag
