#include "pretag/server/test_server.h"
#include "pretag/util/percent.h"
#include "support/http_test_server.h"

namespace pretag {
namespace {

using nlohmann::json;

class Datasources : public ::testing::Test {
 protected:
  std::string path(const std::string& rest = "") { return "/v1/datasets/" + dataset + "/datasource" + rest; }
  json s3(const std::string& secret = "SeCrEt+/value") {
    return {{"type", "S3"},
            {"purpose", "INPUT"},
            {"fullPath", "s3://bucket/pictures"},
            {"s3Region", "eu-central-1"},
            {"s3AccessKeyId", "AKIA1234"},
            {"s3SecretAccessKey", secret},
            {"thumbSuffix", nullptr}};
  }
  json local(const std::string& full_path = "", const std::string& purpose = "INPUT") {
    return {{"type", "LOCAL"}, {"purpose", purpose}, {"fullPath", full_path}};
  }
  // All bytes of text that the database holds.
  std::string everything_stored() {
    const auto sql = server.context->database().connect();
    std::string text;
    EXPECT_TRUE((*sql)->query("SELECT document FROM datasources", {},
                              [&](const SqlRow& row) { return text += row.text(0), Status(); }));
    return text;
  }

  TemporaryFolder mounts;
  TestServer server{{.input_dir = mounts / "input", .lightly_dir = mounts / "lightly"}};
  std::string dataset = server.new_dataset();
};

TEST_F(Datasources, one_for_both_purposes_replaces_one_for_each) {
  ASSERT_EQ(server.put(path(), s3()).status, 204);
  ASSERT_EQ(server.put(path(), local("old", "LIGHTLY")).status, 204);
  ASSERT_EQ(server.put(path(), local("both", "INPUT_OUTPUT")).status, 204);
  EXPECT_EQ(server.get(path("/all")).json.size(), 1u);
  EXPECT_EQ(server.get(path("?purpose=INPUT")).json["fullPath"], "both");
  ASSERT_EQ(server.put(path(), local("new")).status, 204);
  EXPECT_EQ(server.get(path("?purpose=INPUT")).json["fullPath"], "new");
  EXPECT_EQ(server.get(path("?purpose=LIGHTLY")).json["fullPath"], "both");
}

TEST_F(Datasources, clients_that_do_not_know_the_web_server_are_not_told_of_it) {
  json source = local();
  source["webServerLocation"] = "http://localhost:3456";
  ASSERT_EQ(server.put(path(), source).status, 204);
  server.headers["user-agent"] = "Lightly/1.4.15 (Linux) python/3.11";
  EXPECT_FALSE(server.get(path()).json.contains("webServerLocation"));
  server.headers["user-agent"] = "Lightly/1.4.16 (Linux) python/3.11";
  EXPECT_TRUE(server.get(path()).json.contains("webServerLocation"));
}

TEST_F(Datasources, secrets_are_masked_in_answers_and_encrypted_at_rest) {
  ASSERT_EQ(server.put(path(), s3()).status, 204);
  const Answer shown = server.get(path() + "?purpose=INPUT");
  EXPECT_EQ(keys_of(shown.json), (std::set<std::string>{"id", "type", "purpose", "fullPath", "s3Region",
                                                        "s3AccessKeyId", "s3SecretAccessKey"}));
  EXPECT_EQ(shown.json["s3SecretAccessKey"], "*****");
  EXPECT_EQ(server.get(path("/all")).text.find("SeCrEt"), std::string::npos);
  const std::string stored = everything_stored();
  EXPECT_NE(stored.find("AKIA1234"), std::string::npos);
  EXPECT_EQ(stored.find("SeCrEt"), std::string::npos);
}

TEST_F(Datasources, encrypted_secrets_can_be_read_back_with_the_servers_key) {
  ASSERT_EQ(server.put(path(), s3()).status, 204);
  const json stored = json::parse(everything_stored());
  const auto secrets = server.context->key().decrypt(stored["secrets"].get<std::string>(), dataset + "/INPUT");
  ASSERT_TRUE(secrets);
  EXPECT_EQ(json::parse(*secrets), (json{{"s3SecretAccessKey", "SeCrEt+/value"}}));
}

TEST_F(Datasources, there_is_one_for_each_purpose_and_its_id_stays) {
  EXPECT_EQ(server.get(path()).status, 404);
  EXPECT_EQ(server.get(path()).json["code"], "DATASET_DATASOURCE_UNKNOWN");
  ASSERT_EQ(server.put(path(), s3()).status, 204);
  const std::string id = server.get(path()).id();
  ASSERT_EQ(server.put(path(), s3("another")).status, 204);
  EXPECT_EQ(server.get(path()).id(), id);
  ASSERT_EQ(server.put(path(), local("", "LIGHTLY")).status, 204);
  EXPECT_EQ(server.get(path("/all")).json.size(), 2u);
  EXPECT_EQ(server.get(path("?purpose=LIGHTLY")).json["type"], "LOCAL");
  EXPECT_EQ(server.get("/v1/datasets/" + dataset).json["datasources"].size(), 2u);
}

TEST_F(Datasources, every_kind_is_taken_when_complete) {
  const json base = {{"purpose", "INPUT"}, {"fullPath", "x/y"}};
  for (json config : {json{{"type", "OBS"},
                           {"obsEndpoint", "https://obs.example"},
                           {"obsAccessKeyId", "i"},
                           {"obsSecretAccessKey", "s"}},
                      json{{"type", "LIGHTLY"}}}) {
    config.update(base);
    EXPECT_EQ(server.put(path(), config).status, 204) << config;
    const json shown = server.get(path()).json;
    for (const auto& [key, value] : config.items()) EXPECT_FALSE(shown.at(key).get<std::string>().empty()) << key;
    const json verified = server.get(path("/verify")).json;
    EXPECT_FALSE(verified["canRead"].get<bool>());
    EXPECT_NE(verified["errors"]["canRead"].get<std::string>().find("cannot be read yet"), std::string::npos);
    EXPECT_EQ(server.get(path("/list")).json["code"], "DATASET_DATASOURCE_ACTION_NOT_IMPLEMENTED");
  }
}

TEST_F(Datasources, a_role_is_taken_with_the_servers_own_credentials) {
  const json config = {{"type", "S3DelegatedAccess"},
                       {"purpose", "INPUT"},
                       {"fullPath", "s3://photos/drive"},
                       {"s3Region", "us-east-1"},
                       {"s3ARN", "arn:aws:iam::123456789012:role/R"},
                       {"s3ExternalId", "0123456789"}};
  ASSERT_EQ(server.put(path(), config).status, 204);
  EXPECT_EQ(server.get(path()).json["s3ExternalId"], "**********");
  EXPECT_EQ(server.get(path("/verify")).json["errors"]["canRead"],
            "this server has no credentials at AWS to take a role with");
}

TEST_F(Datasources, googles_need_the_key_of_a_service_account) {
  json config = {{"type", "GCS"},
                 {"purpose", "INPUT"},
                 {"fullPath", "gs://photos/drive"},
                 {"gcsProjectId", "p"},
                 {"gcsCredentials", "{\n\"private_key\": \"SeCrEt\"}"}};
  ASSERT_EQ(server.put(path(), config).status, 204);
  const json verified = server.get(path("/verify")).json;
  EXPECT_EQ(verified["errors"]["canRead"], "gcsCredentials is not the JSON key of a service account");
  EXPECT_EQ(server.get(path("/list")).json["code"], "DATASET_DATASOURCE_INVALID");
  config["fullPath"] = "s3://photos/drive";
  const Answer other = server.put(path(), config);
  EXPECT_EQ(other.status, 400);
  EXPECT_NE(other.text.find("gs://bucket/folder"), std::string::npos) << other.text;
}

TEST_F(Datasources, what_is_wrong_is_named_and_secrets_are_not_repeated) {
  const auto refused = [&](json config, const char* part) {
    const Answer answer = server.put(path(), config);
    EXPECT_EQ(answer.status, 400) << config;
    EXPECT_NE(answer.text.find(part), std::string::npos) << answer.text;
    EXPECT_EQ(answer.text.find("SeCrEt"), std::string::npos);
  };
  json config = s3();
  config.erase("s3SecretAccessKey");
  refused(config, "s3SecretAccessKey");
  config = s3();
  config["s3Region"] = "Frankfurt";
  refused(config, "s3Region");
  for (const char* key : {"key\r\nx-amz-acl: public-read", "a b", ""}) {
    config = s3();
    config["s3ServerSideEncryptionKMSKey"] = key;
    refused(config, "s3ServerSideEncryptionKMSKey");
  }
  config = s3();
  config["s3SecretKey"] = "SeCrEt";
  refused(config, "s3SecretKey");
  config = s3();
  config["type"] = "FTP";
  refused(config, "type");
  for (const char* outside : {"/etc", "../other", "a/../../b", ".."}) refused(local(outside), "fullPath");
}

TEST_F(Datasources, lists_local_files_in_pages_of_links_within_the_times) {
  mounts.write("input/set/b c.png", "x");
  mounts.write("input/set/a/1.jpg", "x");
  mounts.write("input/set/notes.txt", "x");
  mounts.write("input/other/hidden.png", "x");
  ASSERT_EQ(server.put(path(), local("set/")).status, 204);
  const json dnc = server.get(path("/list/dnc?from=0&to=9999999999&dncShards=1")).json;
  ASSERT_EQ(dnc["cursors"].size(), 1u);
  const json page =
      server
          .get(path("/list?useRedirectedReadUrl=False&cursor=") + percent_encode(dnc["cursors"][0].get<std::string>()))
          .json;
  EXPECT_EQ(keys_of(page), (std::set<std::string>{"hasMore", "cursor", "data"}));
  EXPECT_EQ(page["hasMore"], false);
  ASSERT_EQ(page["data"].size(), 2u);
  EXPECT_EQ(page["data"][0], (json{{"fileName", "a/1.jpg"}, {"readUrl", "http://localhost:3456/set/a/1.jpg"}}));
  EXPECT_EQ(page["data"][1]["readUrl"], "http://localhost:3456/set/b%20c.png");
  EXPECT_EQ(server.get(path("/list?from=0&to=5")).json["data"].size(), 0u);
  EXPECT_EQ(server.get(path("/list?cursor=nonsense")).status, 400);
  EXPECT_EQ(server.get(path("/list?from=x")).status, 400);
}

TEST_F(Datasources, a_folder_of_a_bucket_in_which_nothing_is_yet_has_an_empty_page) {
  std::atomic<bool> is_there = true;
  const HttpTestServer bucket([&](const std::string&) {
    if (is_there) return http_answer("200 OK", "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>");
    return http_answer("404 Not Found", "<Error><Code>NoSuchBucket</Code></Error>");
  });
  TestServer with_bucket{{.s3_endpoint = bucket.url("")}};
  const std::string base = "/v1/datasets/" + with_bucket.new_dataset() + "/datasource";
  ASSERT_EQ(with_bucket.put(base, s3()).status, 204);
  const Answer page = with_bucket.get(base + "/list");
  EXPECT_EQ(page.status, 200) << page.text;
  EXPECT_EQ(page.json["hasMore"], false);
  EXPECT_EQ(page.json["data"], json::array());
  is_there = false;
  EXPECT_EQ(with_bucket.get(base + "/list").json["code"], "DATASET_DATASOURCE_INVALID");
}

TEST_F(Datasources, predictions_and_metadata_are_divided_without_an_input) {
  ASSERT_EQ(server.put(path(), local("", "LIGHTLY")).status, 204);
  for (const char* list : {"/predictions/list", "/metadata/list"}) {
    const json dnc = server.get(path(std::string(list) + "/dnc?taskName=task&dncShards=1")).json;
    ASSERT_EQ(dnc["cursors"].size(), 1u) << dnc;
    const std::string cursor = percent_encode(dnc["cursors"][0].get<std::string>());
    EXPECT_EQ(server.get(path(std::string(list) + "?taskName=task&cursor=" + cursor)).status, 200);
  }
  EXPECT_EQ(server.get(path("/list/dnc")).json["code"], "DATASET_DATASOURCE_UNKNOWN");
}

TEST_F(Datasources, listings_go_on_after_what_they_have_told) {
  for (const char* file : {"a/1", "a/2", "b", "c/3"}) {
    mounts.write(std::string("input/") + file + ".png", "x");
    mounts.write(std::string("lightly/.lightly/metadata/") + file + ".json", "{}");
  }
  ASSERT_EQ(server.put(path(), local()).status, 204);
  ASSERT_EQ(server.put(path(), local("", "LIGHTLY")).status, 204);
  const auto names = [&](const std::string& list, const std::string& after) {
    std::string listed;
    const std::string cursor = json::array({0, INT64_MAX, after}).dump();
    const json page = server.get(path(list) + "?cursor=" + percent_encode(cursor)).json;
    for (const json& entry : page["data"]) listed += entry["fileName"].get<std::string>() + " ";
    return listed;
  };
  EXPECT_EQ(names("/list", ""), "a/1.png a/2.png b.png c/3.png ");
  EXPECT_EQ(names("/list", "a/1.png"), "a/2.png b.png c/3.png ");
  EXPECT_EQ(names("/list", "b.png"), "c/3.png ");
  EXPECT_EQ(names("/metadata/list", "a/1.json"),
            ".lightly/metadata/a/2.json .lightly/metadata/b.json .lightly/metadata/c/3.json ");
  EXPECT_EQ(names("/metadata/list", "c/3.json"), "");
}

TEST_F(Datasources, lists_only_relevant_files_and_refuses_a_list_from_elsewhere) {
  mounts.write("input/a.png", "x");
  mounts.write("input/b.png", "x");
  mounts.write("lightly/.lightly/relevant.txt", "b.png\n");
  ASSERT_EQ(server.put(path(), local()).status, 204);
  ASSERT_EQ(server.put(path(), local("", "LIGHTLY")).status, 204);
  const json page = server.get(path("/list?relevantFilenamesFileName=.lightly/relevant.txt")).json;
  ASSERT_EQ(page["data"].size(), 1u);
  EXPECT_EQ(page["data"][0]["fileName"], "b.png");
  for (const char* outside : {"../input/a.png", "/etc/passwd", "absent.txt"}) {
    EXPECT_EQ(server.get(path("/list?relevantFilenamesFileName=") + percent_encode(outside)).json["code"],
              "DATASET_DATASOURCE_RELEVANT_FILENAMES_INVALID");
  }
}

TEST_F(Datasources, lists_predictions_of_relevant_files_only) {
  for (const char* file : {"a", "b", "c/d", "c/e"}) {
    mounts.write(std::string("lightly/.lightly/predictions/task/") + file + ".json", "{}");
  }
  mounts.write("lightly/.lightly/relevant.txt", "b.png\nc/*\n");
  ASSERT_EQ(server.put(path(), local("", "LIGHTLY")).status, 204);
  const std::string list = path("/predictions/list?taskName=task&relevantFilenames");
  std::vector<std::string> names;
  const json page = server.get(list + "FileName=.lightly/relevant.txt").json;
  for (const json& entry : page["data"]) names.push_back(entry["fileName"]);
  const std::string folder = ".lightly/predictions/task/";
  EXPECT_EQ(names, (std::vector<std::string>{folder + "b.json", folder + "c/d.json", folder + "c/e.json"})) << page;
  const json both =
      server.get(list + "FileName=.lightly/relevant.txt&relevantFilenamesRunId=" + std::string(24, 'a')).json;
  EXPECT_EQ(both["code"], "DATASET_DATASOURCE_RELEVANT_FILENAMES_INVALID");
}

TEST_F(Datasources, lists_predictions_of_frames_and_of_what_a_pattern_leaves) {
  for (const char* file :
       {"drive/v-000-mp4", "drive/v-001-mp4", "drive/w-000-mp4", "p/image_40", "p/image_41", "p/x"}) {
    mounts.write(std::string("lightly/.lightly/predictions/task/") + file + ".json", "{}");
  }
  mounts.write("lightly/.lightly/relevant.txt", "drive/v.mp4\ndrive/w-000-mp4.png\np/* p/image_4* !p/image_41.png\n");
  ASSERT_EQ(server.put(path(), local("", "LIGHTLY")).status, 204);
  const json page =
      server.get(path("/predictions/list?taskName=task&relevantFilenamesFileName=.lightly/relevant.txt")).json;
  std::string names;
  for (const json& entry : page["data"]) {
    const std::string file = entry["fileName"];
    names += file.substr(file.rfind('/') + 1) + " ";
  }
  EXPECT_EQ(names, "v-000-mp4.json v-001-mp4.json w-000-mp4.json image_41.json x.json ");
}

TEST_F(Datasources, lists_predictions_of_files_that_a_run_has_named) {
  for (const char* file : {"a", "b"}) {
    mounts.write(std::string("lightly/.lightly/predictions/task/") + file + ".json", "{}");
  }
  ASSERT_EQ(server.put(path(), local("", "LIGHTLY")).status, 204);
  const std::string run = server.new_run(server.new_job(dataset));
  const json artifact =
      server.post("/v1/docker/runs/" + run + "/artifacts", {{"fileName", "names.txt"}, {"type", "RELEVANT_FILENAMES"}})
          .json;
  const std::string id = artifact["artifactId"];
  const std::string list = path("/predictions/list?taskName=task&relevantFilenamesRunId=" + run);
  const std::string of_run = list + "&relevantFilenamesArtifactId=" + id;
  EXPECT_EQ(server.get(of_run).status, 404) << "it is not uploaded yet";
  ASSERT_EQ(server.follow("PUT", artifact["signedWriteUrl"], "b.png\n").status, 200);
  ASSERT_EQ(server.call("PUT", "/v1/docker/runs/" + run + "/artifacts/" + id + "/confirmUpload").status, 204);
  const json page = server.get(of_run).json;
  ASSERT_EQ(page["data"].size(), 1u) << page;
  EXPECT_EQ(page["data"][0]["fileName"], ".lightly/predictions/task/b.json");
  EXPECT_EQ(server.get(list).status, 400) << "a run may have left several lists";
  EXPECT_EQ(server.get(list + "&relevantFilenamesArtifactId=" + std::string(24, 'a')).status, 404);
  EXPECT_EQ(server.get(of_run, server.ben).status, 404);
}

TEST_F(Datasources, lists_predictions_of_a_task_and_metadata) {
  mounts.write("lightly/.lightly/predictions/task/a/1.json", "{}");
  mounts.write("lightly/.lightly/predictions/task/schema.json", "{}");
  mounts.write("lightly/.lightly/predictions/other/2.json", "{}");
  ASSERT_EQ(server.put(path(), local("", "LIGHTLY")).status, 204);
  const json page = server.get(path("/predictions/list?taskName=task&from=0&to=9999999999")).json;
  ASSERT_EQ(page["data"].size(), 2u);
  EXPECT_EQ(page["data"][0]["fileName"], ".lightly/predictions/task/a/1.json") << "as clients document it";
  EXPECT_EQ(page["data"][0]["readUrl"], "http://localhost:3456/.lightly/predictions/task/a/1.json");
  EXPECT_EQ(server.get(path("/metadata/list")).json["data"], json::array());
  for (const char* task : {"", "..", "a/b", ".hidden"}) {
    EXPECT_EQ(server.get(path("/predictions/list?taskName=") + percent_encode(task)).status, 400) << task;
  }
  EXPECT_EQ(server.get(path("/predictions/file?fileName=tasks.json")).json,
            "http://localhost:3456/.lightly/predictions/tasks.json");
  EXPECT_EQ(server.get(path("/predictions/file?fileName=../../x")).status, 400);
}

// As the worker has it, which writes the predictions of pretagging_upload there.
TEST_F(Datasources, one_for_both_purposes_is_below_the_input_mount) {
  for (const char* file : {"predictions/task/a", "metadata/b", "relevant"}) {
    mounts.write(std::string("input/both/.lightly/") + file + ".json", "a.png\n");
    mounts.write(std::string("lightly/both/.lightly/") + file + "_elsewhere.json", "x");
  }
  mounts.write("input/both/a.png", "x");
  mounts.write("input/both/b.png", "x");
  ASSERT_EQ(server.put(path(), local("both", "INPUT_OUTPUT")).status, 204);
  const auto names = [&](const std::string& list) {
    std::vector<std::string> listed;
    const json page = server.get(path(list)).json;
    for (const json& entry : page["data"]) listed.push_back(entry["fileName"]);
    return listed;
  };
  EXPECT_EQ(names("/predictions/list?taskName=task"), std::vector<std::string>{".lightly/predictions/task/a.json"});
  EXPECT_EQ(names("/metadata/list"), std::vector<std::string>{".lightly/metadata/b.json"});
  EXPECT_EQ(names("/list?relevantFilenamesFileName=.lightly/relevant.json"), std::vector<std::string>{"a.png"});
  EXPECT_EQ(server.get(path("/fileHEAD?fileName=.lightly/metadata/b_elsewhere.json")).status, 404);
}

TEST_F(Datasources, tells_of_a_file_and_leads_to_it) {
  mounts.write("input/set/a b.png", "12345");
  mounts.write("lightly/.lightly/thumbnails/a_thumb.png", "1");
  ASSERT_EQ(server.put(path(), local("set")).status, 204);
  ASSERT_EQ(server.put(path(), local("", "LIGHTLY")).status, 204);
  const json head = server.get(path("/fileHEAD?fileName=a%20b.png")).json;
  EXPECT_EQ(keys_of(head), (std::set<std::string>{"fileName", "readUrl", "sizeInBytes", "lastModifiedAt"}));
  EXPECT_EQ(head["sizeInBytes"], 5);
  EXPECT_EQ(head["readUrl"], "http://localhost:3456/set/a%20b.png");
  EXPECT_EQ(server.get(path("/fileHEAD?fileName=.lightly/thumbnails/a_thumb.png")).json["sizeInBytes"], 1);
  EXPECT_EQ(server.get(path("/fileHEAD?fileName=absent.png")).status, 404);
  EXPECT_EQ(server.get(path("/fileHEAD?fileName=.lightly")).status, 404) << "a folder";
  EXPECT_EQ(server.get(path("/fileHEAD?fileName=../set/a%20b.png")).status, 400);
  const HttpResponse redirect = server.respond("GET", path("/readurlRedirect?path=a%20b.png"));
  EXPECT_EQ(redirect.status, 302);
  ASSERT_EQ(redirect.headers.size(), 1u);
  EXPECT_EQ(redirect.headers[0], (std::pair<std::string, std::string>("Location", head["readUrl"])));
  EXPECT_EQ(server.get(path("/readurlRedirect?path=../x")).status, 400);
  EXPECT_EQ(server.get(path("/readurlRedirect?path=a.png"), server.ben).status, 404);
}

TEST_F(Datasources, a_server_without_the_mount_says_so) {
  TestServer blind;
  const std::string id = blind.new_dataset();
  const std::string base = "/v1/datasets/" + id + "/datasource";
  ASSERT_EQ(blind.put(base, local()).status, 204);
  EXPECT_NE(blind.get(base + "/list").text.find("--input-dir"), std::string::npos);
  EXPECT_NE(blind.get(base + "/verify").text.find("--input-dir"), std::string::npos);
  ASSERT_EQ(blind.put(base, local("", "LIGHTLY")).status, 204);
  EXPECT_NE(blind.get(base + "/verify?purpose=LIGHTLY").text.find("--lightly-dir"), std::string::npos);
}

TEST_F(Datasources, verify_tells_what_may_be_done_in_the_folder) {
  mounts.write("input/a.png", "x");
  ASSERT_EQ(server.put(path(), local()).status, 204);
  EXPECT_EQ(server.get(path("/verify")).json,
            (json{{"canRead", true}, {"canWrite", true}, {"canList", true}, {"canOverwrite", true}}));
  ASSERT_EQ(server.put(path(), local("absent")).status, 204);
  EXPECT_EQ(server.get(path("/verify")).json["canList"], false);
  EXPECT_EQ(server.get(path("/list")).json["code"], "DATASET_DATASOURCE_INVALID");
}

TEST_F(Datasources, verify_looks_where_the_data_source_is) {
  mounts.write("input/both/a.png", "x");
  mounts.write("lightly/predictions/a.json", "{}");
  ASSERT_EQ(server.put(path(), local("predictions", "LIGHTLY")).status, 204);
  EXPECT_EQ(server.get(path("/verify?purpose=LIGHTLY")).json["canList"], true);
  ASSERT_EQ(server.put(path(), local("both", "INPUT_OUTPUT")).status, 204);
  EXPECT_EQ(server.get(path("/verify?purpose=LIGHTLY")).json["canList"], true);
}

TEST_F(Datasources, forgets_up_to_when_files_were_processed_when_they_are_elsewhere) {
  const auto until = [&] { return server.get(path("/processedUntilTimestamp")).json["processedUntilTimestamp"]; };
  const auto set = [&] {
    EXPECT_EQ(server.put(path("/processedUntilTimestamp"), {{"processedUntilTimestamp", 1700000000}}).status, 204);
  };
  set();
  ASSERT_EQ(server.put(path(), local("a")).status, 204);
  EXPECT_EQ(until(), 1700000000) << "there was nowhere to read from";
  ASSERT_EQ(server.put(path(), local("a")).status, 204);
  ASSERT_EQ(server.put(path(), local("x", "LIGHTLY")).status, 204);
  EXPECT_EQ(until(), 1700000000) << "as every script that goes on with a dataset says it";
  ASSERT_EQ(server.put(path(), local("b")).status, 204);
  EXPECT_EQ(until(), 0);
  set();
  ASSERT_EQ(server.put(path(), local("both", "INPUT_OUTPUT")).status, 204);
  EXPECT_EQ(until(), 0);
  for (const char* account : {"development", "production"}) {
    set();
    json azure = {{"type", "AZURE"}, {"fullPath", "images/"}, {"accountKey", "a2V5"}, {"accountName", account}};
    azure["purpose"] = "INPUT_OUTPUT";
    ASSERT_EQ(server.put(path(), azure).status, 204);
    EXPECT_EQ(until(), 0) << "the same path, in the account " << account;
  }
}

TEST_F(Datasources, remembers_up_to_when_files_were_processed) {
  EXPECT_EQ(server.get(path("/processedUntilTimestamp")).json, (json{{"processedUntilTimestamp", 0}}));
  EXPECT_EQ(server.put(path("/processedUntilTimestamp"), {{"processedUntilTimestamp", 1700000000000}}).status, 204);
  EXPECT_EQ(server.get(path("/processedUntilTimestamp")).json["processedUntilTimestamp"], 1700000000000);
  EXPECT_EQ(server.put(path("/processedUntilTimestamp"), {{"processedUntilTimestamp", -1}}).status, 400);
  EXPECT_EQ(server.put(path("/processedUntilTimestamp"), {{"processedUntilTimestamp", "1"}}).status, 400);
}

}  // namespace
}  // namespace pretag
