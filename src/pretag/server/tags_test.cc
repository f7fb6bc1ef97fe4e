#include "pretag/server/test_server.h"

namespace pretag {
namespace {

using nlohmann::json;

class Tags : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* file : {"a.png", "b c.png", "d/e.png"}) samples.push_back(server.new_sample(dataset, file));
    initial = server.post(path("/initial"), {{"imgType", "full"}, {"runId", std::string(24, '1')}}).id();
  }
  std::string path(const std::string& rest = "") { return "/v1/datasets/" + dataset + "/tags" + rest; }
  Answer add(const std::string& name, const std::string& mask) {
    return server.post(
        path(),
        {{"name", name}, {"prevTagId", initial}, {"bitMaskData", mask}, {"totSize", 3}, {"creator", "USER_PIP"}});
  }
  std::string exported(const std::string& tag, const std::string& rest) { return path("/" + tag + "/export/" + rest); }

  TestServer server;
  std::string dataset = server.new_dataset();
  std::vector<std::string> samples;
  std::string initial;
};

TEST_F(Tags, the_initial_tag_holds_all_samples) {
  const json tags = server.get(path()).json;
  ASSERT_EQ(tags.size(), 1u);
  EXPECT_EQ(keys_of(tags[0]), (std::set<std::string>{"id", "datasetId", "prevTagId", "name", "bitMaskData", "totSize",
                                                     "createdAt", "lastModifiedAt", "changes", "runId"}));
  EXPECT_EQ(tags[0]["name"], "initial-tag");
  EXPECT_EQ(tags[0]["bitMaskData"], "0x7");
  EXPECT_EQ(tags[0]["totSize"], 3);
  EXPECT_TRUE(tags[0]["prevTagId"].is_null());
}

TEST_F(Tags, are_listed_without_their_masks_if_asked) {
  const json tags = server.get(path("?withoutMasks=True")).json;
  ASSERT_EQ(tags.size(), 1u);
  EXPECT_EQ(keys_of(tags[0]), (std::set<std::string>{"id", "datasetId", "prevTagId", "name", "totSize", "createdAt",
                                                     "lastModifiedAt", "changes", "runId"}));
  EXPECT_EQ(server.get(path("?withoutMasks=False")).json[0]["bitMaskData"], "0x7");
}

TEST_F(Tags, the_initial_tag_is_made_once_and_again_for_the_same_run_only) {
  EXPECT_EQ(server.post(path("/initial"), {{"imgType", "full"}, {"runId", std::string(24, '1')}}).id(), initial);
  EXPECT_EQ(server.post(path("/initial"), {{"imgType", "full"}}).json["code"], "TAG_INITIAL_EXISTS");
}

TEST_F(Tags, are_listed_newest_first_and_can_be_deleted_when_nothing_is_based_on_them) {
  const std::string child = add("child", "0x5").id();
  EXPECT_EQ(server.get(path()).json[0]["id"], child);
  EXPECT_EQ(server.get(path("/" + child)).json["prevTagId"], initial);
  EXPECT_EQ(server.call("DELETE", path("/" + initial), "{}").json["code"], "TAG_UNDELETABLE_IS_INITIAL");
  const std::string grandchild =
      server.post(path(), {{"name", "grandchild"}, {"prevTagId", child}, {"bitMaskData", "0x1"}}).id();
  EXPECT_EQ(server.call("DELETE", path("/" + child), "{}").json["code"], "TAG_UNDELETABLE_NOT_A_LEAF");
  EXPECT_EQ(server.call("DELETE", path("/" + grandchild), "{}").status, 204);
  EXPECT_EQ(server.call("DELETE", path("/" + child), "{}").status, 204);
  EXPECT_EQ(server.get(path("/" + child)).json["code"], "TAG_UNKNOWN");
}

TEST_F(Tags, are_made_once_by_a_run_that_asks_twice) {
  const std::string run(24, 'a');
  const json made = {{"name", "run-tag"}, {"bitMaskData", "0x1"}, {"runId", run}};
  const Answer first = server.post(path(), made);
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(server.post(path(), made).id(), first.id());
  EXPECT_EQ(server.get(path("/" + first.id())).json["bitMaskData"], "0x1");
  // As it does that is taken up again, and selects others then.
  EXPECT_EQ(server.post(path(), {{"name", "run-tag"}, {"bitMaskData", "0x6"}, {"runId", run}}).id(), first.id());
  EXPECT_EQ(server.get(path("/" + first.id())).json["bitMaskData"], "0x6");
  EXPECT_EQ(add("run-tag", "0x1").json["code"], "TAG_NAME_EXISTS");
  const json larger = {{"upsizeTagName", "after-run"}, {"runId", run}};
  const Answer upsized = server.post(path("/upsize"), larger);
  EXPECT_EQ(upsized.status, 201);
  server.new_sample(dataset, "later.png");
  EXPECT_EQ(server.post(path("/upsize"), larger).id(), upsized.id());
  EXPECT_EQ(server.get(path("/" + upsized.id())).json["bitMaskData"], "0xf");
  EXPECT_EQ(server.get(path("/" + first.id())).json["totSize"], 4);
}

TEST_F(Tags, what_does_not_fit_the_dataset_is_refused) {
  EXPECT_EQ(add("too many", "0x8").json["code"], "DATASET_TAG_INVALID");
  EXPECT_EQ(add("no mask", "7").status, 400);
  EXPECT_EQ(add("a", "0x1").status, 400);
  EXPECT_EQ(add("initial-tag", "0x1").json["code"], "TAG_NAME_EXISTS");
  EXPECT_EQ(add("'; --", "0x1").status, 400);
  const json stranger = {{"name", "new"}, {"prevTagId", std::string(24, 'f')}, {"bitMaskData", "0x1"}};
  EXPECT_EQ(server.post(path(), stranger).json["code"], "TAG_PREVTAG_NOT_IN_DATASET");
}

TEST_F(Tags, arithmetic_combines_two_tags) {
  const std::string a = add("tag-a", "0x3").id(), b = add("tag-b", "0x6").id();
  const auto combine = [&](const char* operation) {
    return server.post(path("/arithmetics/bitmask"), {{"tagId1", a}, {"tagId2", b}, {"operation", operation}});
  };
  EXPECT_EQ(combine("UNION").json, (json{{"bitMaskData", "0x7"}}));
  EXPECT_EQ(combine("INTERSECTION").json["bitMaskData"], "0x2");
  EXPECT_EQ(combine("DIFFERENCE").json["bitMaskData"], "0x1");
  EXPECT_EQ(combine("DIFFERENCE").status, 200);
  EXPECT_EQ(combine("XOR").status, 400);
}

TEST_F(Tags, upsizing_adds_a_tag_with_all_samples_and_keeps_the_others) {
  server.new_sample(dataset, "new.png");
  const std::string all =
      server.post(path("/upsize"), {{"upsizeTagName", "second run"}, {"upsizeTagCreator", "USER_PIP"}}).id();
  EXPECT_EQ(server.get(path("/" + all)).json["bitMaskData"], "0xf");
  EXPECT_EQ(server.get(path("/" + all)).json["prevTagId"], initial);
  EXPECT_EQ(server.get(path("/" + initial)).json["bitMaskData"], "0x7");
  EXPECT_EQ(server.get(path("/" + initial)).json["totSize"], 4);
}

TEST_F(Tags, of_users_can_be_deleted_after_upsizing) {
  const std::string mine = add("mine", "0x3").id();
  server.new_sample(dataset, "new.png");
  const std::string all = server.post(path("/upsize"), {{"upsizeTagName", "second run"}}).id();
  EXPECT_EQ(server.get(path("/" + all)).json["prevTagId"], initial);
  EXPECT_EQ(server.call("DELETE", path("/" + mine)).status, 204);
}

TEST_F(Tags, mappings_are_in_the_order_of_the_bits) {
  const std::string base = "/v1/datasets/" + dataset + "/mappings?field=";
  EXPECT_EQ(server.get(base + "fileName").json, (json{"a.png", "b c.png", "d/e.png"}));
  EXPECT_EQ(server.get(base + "_id").json, json(samples));
  EXPECT_EQ(server.get(base + "fileName&pageSize=2&pageOffset=2").json, json::array({"d/e.png"}));
  EXPECT_EQ(server.get(base + "fileName&pageSize=2&pageOffset=4").json, json::array());
  EXPECT_EQ(server.get(base + "secret").status, 400);
}

TEST_F(Tags, exports_name_the_samples_of_the_tag_and_end_with_an_empty_page) {
  server.put("/v1/datasets/" + dataset + "/datasource", {{"type", "LOCAL"}, {"purpose", "INPUT"}, {"fullPath", "set"}});
  const std::string tag = add("child", "0x6").id();
  EXPECT_EQ(server.get(exported(tag, "basic/filenames?pageSize=5000&pageOffset=0")).json, "b c.png\nd/e.png");
  EXPECT_EQ(server.get(exported(tag, "basic/filenames?pageSize=1&pageOffset=1")).json, "d/e.png");
  EXPECT_EQ(server.get(exported(tag, "basic/filenames?pageSize=5000&pageOffset=5000")).json, "");
  EXPECT_EQ(server.get(exported(tag, "basic/filenames?fileNameFormat=DATASOURCE_FULL")).json,
            "set/b c.png\nset/d/e.png");
  EXPECT_EQ(server.get(exported(tag, "basic/filenames?fileNameFormat=REDIRECTED_READ_URL")).json,
            "http://localhost:3456/set/b%20c.png\nhttp://localhost:3456/set/d/e.png");
  const json task = server.get(exported(tag, "LabelStudio/tasks?pageSize=2500")).json[0];
  EXPECT_EQ(task, (json{{"id", 0},
                        {"data", {{"image", "http://localhost:3456/set/b%20c.png"}, {"lightlyFileName", "b c.png"}}}}));
  EXPECT_EQ(keys_of(server.get(exported(tag, "LabelBox/datarows")).json[0]),
            (std::set<std::string>{"externalId", "imageUrl"}));
  EXPECT_EQ(keys_of(server.get(exported(tag, "LabelBoxV4/datarows")).json[0]),
            (std::set<std::string>{"row_data", "global_key", "media_type"}));
}

TEST_F(Tags, exports_tell_paths_in_a_bucket_however_its_folder_was_written) {
  const json bucket = {{"type", "S3"},
                       {"purpose", "INPUT"},
                       {"fullPath", "s3://bucket/input/"},
                       {"s3Region", "us-east-1"},
                       {"s3AccessKeyId", "AKIA"},
                       {"s3SecretAccessKey", "secret"}};
  ASSERT_EQ(server.put("/v1/datasets/" + dataset + "/datasource", bucket).status, 204);
  EXPECT_EQ(server.get("/v1/datasets/" + dataset + "/datasource").json["fullPath"], "s3://bucket/input/");
  EXPECT_EQ(server.get(exported(initial, "basic/filenames?fileNameFormat=DATASOURCE_FULL&pageSize=1")).json,
            "s3://bucket/input/a.png");
}

TEST_F(Tags, of_a_run_are_found_with_the_run) {
  const std::string run = server.new_run(server.new_job(dataset));
  const std::string tag =
      server.post(path(), {{"name", "of the run"}, {"prevTagId", initial}, {"bitMaskData", "0x1"}, {"runId", run}})
          .id();
  const json tags = server.get("/v1/docker/runs/" + run + "/tags").json;
  ASSERT_EQ(tags.size(), 1u);
  EXPECT_EQ(tags[0]["id"], tag);
}

TEST_F(Tags, samples_are_known_by_file_name_and_carry_what_is_told_of_them) {
  const std::string base = "/v1/datasets/" + dataset + "/samples";
  const Answer again = server.post(base + "/withWriteUrls",
                                   {{"fileName", "a.png"}, {"metaData", {{"sizeInBytes", 70}, {"sharpness", 1.5}}}});
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(keys_of(again.json), (std::set<std::string>{"id", "sampleWriteUrls"}));
  EXPECT_EQ(again.id(), samples[0]);
  EXPECT_EQ(server.get("/v1/datasets/" + dataset).json["nSamples"], 3);
  EXPECT_EQ(server.get("/v1/datasets/" + dataset).json["sizeInBytes"], 70);
  EXPECT_EQ(server.put(base + "/" + samples[0], {{"customMetaData", {{"weather", "rain"}}}}).status, 204);
  const json sample = server.get(base + "/" + samples[0]).json;
  EXPECT_EQ(sample["customMetaData"]["weather"], "rain");
  EXPECT_EQ(sample["metaData"]["sharpness"], 1.5);
  EXPECT_EQ(sample["type"], "IMAGE");
  EXPECT_EQ(server.get(base + "/partial?mode=fileNames&pageSize=1&pageOffset=1").json,
            json::array({{{"id", samples[1]}, {"fileName", "b c.png"}}}));
  for (const char* name : {"../a.png", "/a.png", "a//b.png", ""}) {
    EXPECT_EQ(server.post(base, {{"fileName", name}}).status, 400) << name;
  }
}

TEST_F(Tags, many_samples_are_told_of_at_once_or_none) {
  const std::string base = "/v1/datasets/" + dataset + "/samples";
  const auto tell = [&](const json& list) { return server.post(base + "/many", {{"samples", list}}); };
  const Answer told = tell({{{"fileName", "z.png"}, {"metaData", {{"sizeInBytes", 5}}}},
                            {{"fileName", "a.png"}, {"metaData", {{"sizeInBytes", 70}}}},
                            {{"fileName", "y.png"}, {"thumbName", "y_thumb.png"}},
                            {{"fileName", "z.png"}, {"metaData", {{"sizeInBytes", 6}}}}});
  EXPECT_EQ(told.status, 201);
  const json mapping = server.get("/v1/datasets/" + dataset + "/mappings?field=_id").json;
  EXPECT_EQ(told.json, json({{"ids", {mapping[3], mapping[0], mapping[4], mapping[3]}}}));
  EXPECT_EQ(server.get("/v1/datasets/" + dataset + "/mappings?field=fileName").json,
            json({"a.png", "b c.png", "d/e.png", "z.png", "y.png"}));
  EXPECT_EQ(server.get("/v1/datasets/" + dataset).json["sizeInBytes"], 76);
  EXPECT_EQ(server.get("/v1/datasets/" + dataset).json["nSamples"], 5);
  EXPECT_EQ(server.get(base + "/" + samples[0]).json["metaData"]["sizeInBytes"], 70);

  const Answer wrong = tell({{{"fileName", "x.png"}}, {{"fileName", "../x.png"}}});
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(wrong.json["error"], "in sample 1 of 'samples', 'fileName' must be a relative path without '.' and '..'");
  EXPECT_EQ(tell({1}).status, 400);
  EXPECT_EQ(tell("x.png").status, 400);
  EXPECT_EQ(tell(std::vector<json>(1001, {{"fileName", "x.png"}})).status, 400);
  EXPECT_EQ(server.post(base + "/many", {{"samples", json::array()}}, server.ben).status, 404);
  EXPECT_EQ(server.get("/v1/datasets/" + dataset).json["nSamples"], 5);
  EXPECT_EQ(tell(json::array()).json, json({{"ids", json::array()}}));
}

TEST_F(Tags, a_samples_image_is_read_from_where_it_is) {
  const std::string read = "/v1/datasets/" + dataset + "/samples/" + samples[1] + "/readurl?type=full";
  EXPECT_EQ(server.get(read).status, 404);
  server.put("/v1/datasets/" + dataset + "/datasource", {{"type", "LOCAL"}, {"fullPath", ""}});
  EXPECT_EQ(server.get(read).json, "http://localhost:3456/b%20c.png");
  const json urls = server.post("/v1/datasets/" + dataset + "/samples/withWriteUrls", {{"fileName", "b c.png"}})
                        .json["sampleWriteUrls"];
  EXPECT_EQ(server.follow("PUT", urls["full"], "pixels").status, 200);
  EXPECT_EQ(server.follow("GET", server.get(read).json).text, "pixels");
}

// As clients before 1.4.8 upload an image.
TEST_F(Tags, a_samples_image_and_thumbnail_can_be_uploaded_later) {
  const std::string of_sample = "/v1/datasets/" + dataset + "/samples/" + samples[0];
  const Answer urls = server.get(of_sample + "/writeurls");
  EXPECT_EQ(urls.status, 200);
  ASSERT_EQ(keys_of(urls.json), (std::set<std::string>{"full", "thumb"}));
  EXPECT_EQ(server.follow("PUT", urls.json["full"], "pixels").status, 200);
  EXPECT_EQ(server.follow("PUT", urls.json["thumb"], "few").status, 200);
  EXPECT_EQ(server.follow("GET", server.get(of_sample + "/readurl?type=full").json).text, "pixels");
  EXPECT_EQ(server.follow("GET", server.get(of_sample + "/readurl?type=thumbnail").json).text, "few");
  EXPECT_EQ(server.get(of_sample + "/writeurls", server.ben).status, 404);
}

TEST_F(Tags, are_closed_to_others) {
  for (const std::string& target : {path(), path("/" + initial), "/v1/datasets/" + dataset + "/mappings?field=_id",
                                    "/v1/datasets/" + dataset + "/samples", "/v1/datasets/" + dataset + "/embeddings",
                                    "/v1/datasets/" + dataset + "/datasource"}) {
    EXPECT_EQ(server.get(target, server.ben).status, 404) << target;
  }
  const std::string bens = server.post("/v1/datasets", {{"name", "bens"}}, server.ben).id();
  EXPECT_EQ(server.get("/v1/datasets/" + bens + "/tags/" + initial, server.ben).status, 404);
}

}  // namespace
}  // namespace pretag
