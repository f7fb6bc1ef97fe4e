#include "pretag/server/test_server.h"

namespace pretag {
namespace {

using nlohmann::json;

class Runs : public ::testing::Test {
 protected:
  std::string path(const std::string& rest = "") { return "/v1/docker/runs/" + run + rest; }
  // Registers, uploads and confirms.
  std::string upload(const std::string& type, const std::string& file, const std::string& bytes) {
    const Answer made = server.post(path("/artifacts"), {{"fileName", file}, {"type", type}});
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(keys_of(made.json), (std::set<std::string>{"signedWriteUrl", "artifactId"}));
    EXPECT_EQ(server.follow("PUT", made.json["signedWriteUrl"], bytes).status, 200);
    const std::string id = made.json["artifactId"];
    EXPECT_EQ(server.call("PUT", path("/artifacts/" + id + "/confirmUpload")).status, 204);
    return id;
  }
  std::string read_link(const std::string& artifact) {
    return server.get(path("/artifacts/" + artifact + "/readurl")).json;
  }

  TestServer server;
  std::string dataset = server.new_dataset();
  std::string job = server.new_job(dataset);
  std::string run = server.new_run(job);
};

TEST_F(Runs, data_has_the_keys_that_strict_clients_know) {
  server.put(path(), {{"state", "PRETAGGING"}, {"message", "Pretagging: 3/9"}, {"ts", 1}});
  const json data = server.get(path()).json;
  EXPECT_EQ(keys_of(data),
            (std::set<std::string>{"id", "userId", "dockerVersion", "state", "createdAt", "lastModifiedAt", "datasetId",
                                   "configId", "scheduledId", "message", "artifacts"}));
  EXPECT_EQ(data["state"], "PRETAGGING");
  EXPECT_EQ(data["message"], "Pretagging: 3/9");
  EXPECT_EQ(data["datasetId"], dataset);
  EXPECT_EQ(data["artifacts"], json::array());
  EXPECT_EQ(server.put(path(), {{"state", "DREAMING"}}).status, 400);
}

TEST_F(Runs, are_found_by_their_job_once_there_is_one) {
  const std::string later = server.new_job(dataset);
  EXPECT_EQ(server.get("/v1/docker/runs/schedule/" + later).status, 404);
  EXPECT_EQ(server.get("/v1/docker/runs/schedule/" + job).id(), run);
  EXPECT_EQ(server.get("/v1/docker/runs?pageSize=5000&pageOffset=0").json.size(), 1u);
  EXPECT_EQ(server.get("/v1/docker/runs?pageSize=5000&pageOffset=5000").json, json::array());
  EXPECT_EQ(server.get("/v1/docker/runs/query/datasetId/" + dataset).json.size(), 1u);
  EXPECT_EQ(server.get("/v1/docker/runs/query/datasetId/" + std::string(24, 'a')).json, json::array());
}

TEST_F(Runs, are_found_by_their_job_when_its_dataset_is_deleted) {
  ASSERT_EQ(server.call("DELETE", "/v1/datasets/" + dataset, "{}").status, 204);
  const Answer found = server.get("/v1/docker/runs/schedule/" + job);
  EXPECT_EQ(found.id(), run);
  EXPECT_EQ(found.json["state"], "ABORTED");
  EXPECT_EQ(server.get("/v1/docker/runs/schedule/" + job, server.ben).status, 404);
  ASSERT_EQ(server.post("/v1/docker/runs", {{"dockerVersion", "0.1"}}).status, 201);
  EXPECT_EQ(server.get("/v1/docker/runs/schedule/").status, 404) << "what is of no job";
}

TEST_F(Runs, a_job_that_is_taken_up_again_goes_on_in_the_same_run) {
  server.put(path(), {{"state", "PRETAGGING"}});
  EXPECT_EQ(server.new_run(job), run);
  EXPECT_EQ(server.get("/v1/docker/runs").json.size(), 1u);
  server.put(path(), {{"state", "FAILED"}});
  EXPECT_NE(server.new_run(job), run) << "what is over stays as it was";
}

TEST_F(Runs, that_have_ended_stay_as_they_are) {
  server.put(path(), {{"state", "COMPLETED"}, {"message", "Completed: 9 images"}});
  for (const char* late : {"PRETAGGING", "ABORTED", "FAILED"}) {
    EXPECT_EQ(server.put(path(), {{"state", late}}).status, 400) << late;
  }
  EXPECT_EQ(server.put(path(), {{"state", "COMPLETED"}}).status, 204) << "an answer may have been lost";
  EXPECT_EQ(server.get(path()).json["message"], "Completed: 9 images");
}

TEST_F(Runs, end_whatever_their_message_is) {
  const std::string trace = "Traceback:\n\tline 1\n" + std::string(20'000, 'x');
  EXPECT_EQ(server.put(path(), {{"state", "FAILED"}, {"message", trace}}).status, 204);
  EXPECT_EQ(server.get(path()).json["message"], trace);
}

TEST_F(Runs, that_crashed_are_taken_up_again) {
  server.put(path(), {{"state", "CRASHED"}});
  EXPECT_EQ(server.put(path(), {{"state", "PRETAGGING"}}).status, 204);
}

TEST_F(Runs, are_closed_to_others) {
  for (const char* rest : {"", "/tags", "/logs", "/readReportUrl"}) {
    EXPECT_EQ(server.get(path(rest), server.ben).status, 404) << rest;
  }
  EXPECT_EQ(server.put(path(), {{"state", "FAILED"}}, server.ben).status, 404);
  EXPECT_EQ(server.get("/v1/docker/runs", server.ben).json, json::array());
  EXPECT_EQ(server.get("/v1/docker/runs/schedule/" + job, server.ben).status, 404);
  EXPECT_EQ(server.post("/v1/docker/runs", {{"dockerVersion", "1"}, {"scheduledId", job}}, server.ben).status, 404);
  EXPECT_EQ(server.post("/v1/docker/runs", {{"dockerVersion", "1"}, {"datasetId", dataset}}, server.ben).status, 404);
}

TEST_F(Runs, artifacts_are_listed_once_confirmed_and_come_back_byte_for_byte) {
  const std::string bytes("%PDF\0\xff\r\n", 8);
  const Answer made = server.post(path("/artifacts"), {{"fileName", "report.pdf"}, {"type", "REPORT_PDF"}});
  const std::string id = made.json["artifactId"];
  EXPECT_EQ(server.call("PUT", path("/artifacts/" + id + "/confirmUpload")).json["code"],
            "DOCKER_RUN_ARTIFACT_UNAVAILABLE");
  EXPECT_EQ(server.get(path("/artifacts/" + id + "/readurl")).status, 404);
  EXPECT_EQ(server.get(path()).json["artifacts"], json::array());
  EXPECT_EQ(upload("REPORT_PDF", "report.pdf", bytes), id) << "the same file is the same artifact";
  const json artifacts = server.get(path()).json["artifacts"];
  ASSERT_EQ(artifacts.size(), 1u);
  EXPECT_EQ(keys_of(artifacts[0]), (std::set<std::string>{"id", "type", "fileName", "storageLocation", "createdAt"}));
  const Answer file = server.follow("GET", read_link(id));
  EXPECT_EQ(file.status, 200);
  EXPECT_EQ(file.text, bytes);
  EXPECT_EQ(server.follow("GET", server.get(path("/readReportUrl")).json).text, bytes);
}

TEST_F(Runs, a_report_by_the_older_way_is_there_once_it_is_uploaded) {
  const std::string base = "/v1/docker/runs/" + run;
  const std::string link = server.get(base + "/writeReportUrl").json;
  EXPECT_EQ(server.get(base + "/readReportUrl").status, 404);
  EXPECT_EQ(server.follow("PUT", link, "%PDF").status, 200);
  EXPECT_EQ(server.follow("GET", server.get(base + "/readReportUrl").json).text, "%PDF");
  EXPECT_EQ(server.get(base + "/writeReportUrl", server.ben).status, 404);
}

TEST_F(Runs, links_expire_and_are_good_for_one_file_and_one_method) {
  const std::string link = read_link(upload("LOG", "log.txt", "abc"));
  EXPECT_EQ(server.follow("GET", link).status, 200);
  EXPECT_EQ(server.follow("PUT", link, "xyz").status, 403);
  std::string other = link;
  other[link.find("/artifacts/") + 11] = 'f';
  other[link.find("/artifacts/") + 12] = 'f';
  EXPECT_EQ(server.follow("GET", other).status, 403);
  EXPECT_EQ(server.follow("GET", link.substr(0, link.find("&signature="))).status, 403);
  const size_t expires = link.find("expires=") + 8;
  EXPECT_EQ(server.follow("GET", link.substr(0, expires) + "9" + link.substr(expires)).status, 403);
  EXPECT_EQ(server.follow("GET", "/v1/files/../server.key?expires=99999999999&signature=00").status, 403);
  server.now += 7 * 24 * 3600 * 1000 + 1000;
  EXPECT_EQ(server.follow("GET", link).status, 403);
}

TEST_F(Runs, even_a_signed_name_cannot_leave_the_folder) {
  for (const char* name : {"../server.key", "a/../../x", "/etc/passwd", ".hidden", "a//b"}) {
    const std::string link = server.context->files().link("GET", name, server.now);
    EXPECT_FALSE(server.context->files().is_valid_link(
        "GET", name, std::to_string(server.now),
        server.context->key().sign("GET\n" + std::string(name) + "\n" + std::to_string(server.now)), server.now / 1000))
        << link;
    EXPECT_FALSE(server.context->files().path_of(name));
    EXPECT_FALSE(server.context->files().save(name, [](const FileStore::Sink&) { return Status(); }));
  }
}

TEST_F(Runs, artifact_names_that_lead_elsewhere_are_refused) {
  for (const char* name : {"../x", "/etc/passwd", "a/../b", "a//b", "", ".", "a\\b", "a\nb"}) {
    EXPECT_EQ(server.post(path("/artifacts"), {{"fileName", name}, {"type", "LOG"}}).status, 400) << name;
  }
  EXPECT_EQ(server.post(path("/artifacts"), {{"fileName", "checkpoints/a.ckpt"}, {"type", "CHECKPOINT"}}).status, 201);
  EXPECT_EQ(server.post(path("/artifacts"), {{"fileName", "a"}, {"type", "VIRUS"}}).status, 400);
}

TEST_F(Runs, an_upload_that_breaks_off_leaves_nothing) {
  const json made = server.post(path("/artifacts"), {{"fileName", "log.txt"}, {"type", "LOG"}}).json;
  HttpRequest request;
  request.method = "PUT";
  const std::string link = made["signedWriteUrl"];
  request.target = *parse_http_target(link.substr(link.find("/v1/")));
  request.read_body = [](uint64_t, const HttpRequest::Sink& sink) -> Status {
    PRETAG_TRY(sink("half"));
    return Error{ErrorCode::kIo, "the client has gone"};
  };
  EXPECT_EQ(server.application->answer(request).status, 503);
  const std::string id = made["artifactId"];
  EXPECT_EQ(server.call("PUT", path("/artifacts/" + id + "/confirmUpload")).status, 400);
  EXPECT_TRUE(std::filesystem::is_empty(server.folder / "files/artifacts/" + run));
}

TEST_F(Runs, an_artifact_type_that_some_clients_fail_on_is_hidden_from_them) {
  upload("REPORT_V2_JSON", "report_v2.json", "{}");
  for (const auto& [version, shown] :
       {std::pair{"1.4.7", 1u}, {"1.4.8", 0u}, {"1.4.20", 0u}, {"1.4.21", 1u}, {"1.5.26", 1u}}) {
    server.headers["user-agent"] = std::string("Lightly/") + version + " (Linux) python/3.11";
    EXPECT_EQ(server.get(path()).json["artifacts"].size(), shown) << version;
  }
}

TEST_F(Runs, logs_are_added_to_and_read_from_a_cursor) {
  const json line = {{"ts", 5}, {"level", "INFO"}, {"group", "run"}, {"msg", "line\nbreak"}, {"load", {{"cpu", 5}}}};
  EXPECT_EQ(server.put(path("/logs"), json::array({line, line})).status, 204);
  const json first = server.get(path("/logs")).json;
  EXPECT_EQ(keys_of(first), (std::set<std::string>{"cursor", "logs"}));
  ASSERT_EQ(first["logs"].size(), 2u);
  EXPECT_EQ(first["logs"][0]["msg"], "line\nbreak");
  EXPECT_EQ(first["logs"][0]["state"], "STARTED");
  EXPECT_EQ(server.put(path("/logs"), json::array({line})).status, 204);
  EXPECT_EQ(server.get(path("/logs?cursor=2")).json["logs"].size(), 1u);
  EXPECT_EQ(server.put(path("/logs"), json::array({{{"ts", 1}}})).status, 400);
  EXPECT_EQ(server.put(path("/logs"), json::object()).status, 400);
}

TEST_F(Runs, logs_are_told_in_the_words_that_the_client_knows) {
  server.put(path("/logs"),
             json::array({{{"ts", 5}, {"level", "WARNING"}, {"group", "run"}, {"msg", "m"}, {"origin", "worker"}},
                          {{"ts", 5}, {"level", "NOTSET"}, {"group", "run"}, {"msg", "m"}}}));
  const auto as = [&](const char* version) {
    server.headers["user-agent"] = std::string("Lightly/") + version + " (Linux) python/3.11";
    return server.get(path("/logs")).json["logs"];
  };
  EXPECT_EQ(as("1.5.4")[0]["level"], "WARNING");
  EXPECT_EQ(as("1.5.3")[0]["level"], "WARN");
  EXPECT_EQ(as("1.5.3")[1]["level"], "VERBOSE");
  EXPECT_TRUE(as("1.5.0")[0].contains("origin"));
  EXPECT_EQ(keys_of(as("1.4.26")[0]), (std::set<std::string>{"ts", "level", "msg", "state"}));
}

}  // namespace
}  // namespace pretag
