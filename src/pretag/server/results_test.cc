// Embeddings, predictions, scores and metadata.
#include "pretag/server/test_server.h"

namespace pretag {
namespace {

using nlohmann::json;

class Results : public ::testing::Test {
 protected:
  std::string path(const std::string& rest) { return "/v1/datasets/" + dataset + rest; }
  void execute(const std::string& sql) {
    const auto connection = server.context->database().connect();
    EXPECT_TRUE((*connection)->execute(sql).ok());
  }

  TestServer server;
  std::string dataset = server.new_dataset();
  std::string sample = server.new_sample(dataset, "a.png");
};

TEST_F(Results, embeddings_are_uploaded_processed_and_read_again) {
  EXPECT_EQ(server.get(path("/embeddings")).json, json::array());
  const json write = server.get(path("/embeddings/writeCSVUrl?name=default")).json;
  EXPECT_EQ(keys_of(write), (std::set<std::string>{"signedWriteUrl", "embeddingId"}));
  const std::string id = write["embeddingId"];
  EXPECT_EQ(server.get(path("/embeddings")).json, json::array()) << "not yet uploaded";
  EXPECT_EQ(server.get(path("/embeddings/" + id + "/readCSVUrl")).status, 404);
  EXPECT_EQ(server.follow("PUT", write["signedWriteUrl"], "filenames,embedding_0,labels\na.png,1,0\n").status, 200);
  EXPECT_EQ(server.put(path("/embeddings/" + id + "/isProcessed"), {{"rowCount", 1}}).status, 204);
  const json embeddings = server.get(path("/embeddings")).json;
  ASSERT_EQ(embeddings.size(), 1u);
  EXPECT_EQ(embeddings[0], (json{{"id", id}, {"name", "default"}, {"isProcessed", true}, {"createdAt", server.now}}));
  EXPECT_EQ(server.follow("GET", server.get(path("/embeddings/" + id + "/readCSVUrl")).json).text.substr(0, 9),
            "filenames");
  EXPECT_EQ(server.get(path("/embeddings/writeCSVUrl?name=default")).json["embeddingId"], id);
}

TEST_F(Results, embeddings_are_listed_newest_first) {
  for (const char* name : {"older", "newer"}) {
    const json write = server.get(path(std::string("/embeddings/writeCSVUrl?name=") + name)).json;
    EXPECT_EQ(server.follow("PUT", write["signedWriteUrl"], "filenames,embedding_0,labels\na.png,1,0\n").status, 200);
    server.now += 1000;
  }
  const json embeddings = server.get(path("/embeddings")).json;
  ASSERT_EQ(embeddings.size(), 2u);
  EXPECT_EQ(embeddings[0]["name"], "newer");
}

TEST_F(Results, the_deprecated_selection_says_what_to_do_instead) {
  const std::string id = server.get(path("/embeddings/writeCSVUrl")).json["embeddingId"];
  const std::string target = path("/embeddings/" + id + "/sampling");
  const Answer answer = server.post(target, {{"newTagName", "chosen"}, {"method", "CORESET"}, {"config", json()}});
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.json["code"], "NOT_IMPLEMENTED");
  EXPECT_NE(answer.text.find("schedule a run"), std::string::npos) << answer.text;
  EXPECT_EQ(server.post(target, json::object(), server.ben).status, 404);
}

// The public client uploads, and asks for points in the plane; it says nothing else.
TEST_F(Results, embeddings_whose_points_are_asked_for_are_complete) {
  const json write = server.get(path("/embeddings/writeCSVUrl?name=mine")).json;
  const std::string trigger =
      path("/embeddings/" + write["embeddingId"].get<std::string>() + "/trigger2dEmbeddingsJob");
  EXPECT_EQ(server.post(trigger, {{"dimensionalityReductionMethod", "PCA"}}).status, 200);
  EXPECT_EQ(server.follow("PUT", write["signedWriteUrl"], "filenames,embedding_0,labels\na.png,1,0\n").status, 200);
  EXPECT_EQ(server.get(path("/embeddings")).json[0]["isProcessed"], false);
  EXPECT_EQ(server.post(trigger, {{"dimensionalityReductionMethod", "PCA"}}).status, 200);
  EXPECT_EQ(server.get(path("/embeddings")).json[0]["isProcessed"], true);
}

TEST_F(Results, points_in_the_plane_are_kept_once_a_method) {
  const std::string id = server.get(path("/embeddings/writeCSVUrl")).json["embeddingId"];
  json points = {{"name", "pca"},
                 {"dimensionalityReductionMethod", "PCA"},
                 {"coordinatesDimension1", {0.5}},
                 {"coordinatesDimension2", {1}}};
  EXPECT_EQ(server.post(path("/embeddings/" + id + "/2d"), points).status, 201);
  EXPECT_EQ(server.post(path("/embeddings/" + id + "/2d"), points).status, 201);
  EXPECT_EQ(server.get(path("/embeddings/" + id + "/2d")).json.size(), 1u);
  points["coordinatesDimension2"] = {1, 2};
  EXPECT_EQ(server.post(path("/embeddings/" + id + "/2d"), points).status, 400);
  const Answer job =
      server.post(path("/embeddings/" + id + "/trigger2dEmbeddingsJob"), {{"dimensionalityReductionMethod", "UMAP"}});
  EXPECT_EQ(job.status, 200);
  EXPECT_EQ(keys_of(job.json), std::set<std::string>{"jobId"});
}

TEST_F(Results, predictions_of_a_sample_replace_those_of_the_same_time) {
  const json task = {
      {"name", "lightly_pretagging"}, {"type", "OBJECT_DETECTION"}, {"categories", {{{"id", 0}, {"name", "car"}}}}};
  EXPECT_EQ(server.post(path("/predictions/tasks?predictionUUIDTimestamp=5"), task).status, 201);
  EXPECT_EQ(server.post(path("/predictions/tasks?predictionUUIDTimestamp=5"), task).status, 201);
  EXPECT_EQ(server.get(path("/predictions/tasks?predictionUUIDTimestamp=5")).json["schemas"], json::array({task}));
  EXPECT_EQ(server.get(path("/predictions/tasks?predictionUUIDTimestamp=6")).json["schemas"], json::array());
  for (const char* time : {"-2", "now", "5s"}) {
    EXPECT_EQ(server.post(path(std::string("/predictions/tasks?predictionUUIDTimestamp=") + time), task).status, 400);
  }

  const json object = {{"type", "OBJECT_DETECTION"},
                       {"taskName", "lightly_pretagging"},
                       {"categoryId", 0},
                       {"score", 0.5},
                       {"bbox", {1, 2, 3, 4}}};
  const std::string target = path("/predictions/samples/" + sample + "?predictionUUIDTimestamp=5");
  EXPECT_EQ(server.post(target, json::array({object, object})).status, 201);
  EXPECT_EQ(server.post(target, json::array({object})).status, 201);
  EXPECT_EQ(server.get(target).json, json::array({object}));
  json wrong = object;
  wrong["score"] = 1.5;
  EXPECT_EQ(server.post(target, json::array({wrong})).status, 400);
  wrong = object;
  wrong["bbox"] = {1, 2, 3};
  EXPECT_EQ(server.post(target, json::array({wrong})).status, 400);
  EXPECT_EQ(
      server.post(path("/predictions/samples/" + std::string(24, 'a') + "?predictionUUIDTimestamp=5"), json::array())
          .status,
      404);
}

// "Create/Update all the prediction singletons per taskName for a sampleId", as the client has it.
TEST_F(Results, predictions_of_a_task_leave_those_of_others) {
  const auto object = [](const char* task, double score) {
    return json{{"type", "CLASSIFICATION"}, {"taskName", task}, {"categoryId", 0}, {"score", score}};
  };
  const std::string target = path("/predictions/samples/" + sample + "?predictionUUIDTimestamp=5");
  for (const char* task : {"cars", "signs"}) {
    const json schema = {{"name", task}, {"type", "CLASSIFICATION"}, {"categories", {{{"id", 0}, {"name", "x"}}}}};
    EXPECT_EQ(server.post(path("/predictions/tasks?predictionUUIDTimestamp=5"), schema).status, 201);
    EXPECT_EQ(server.post(target, json::array({object(task, 0.1), object(task, 0.2)})).status, 201);
  }
  EXPECT_EQ(server.get(target).json.size(), 4u);
  EXPECT_EQ(server.post(target, json::array({object("cars", 0.3)})).status, 201);
  EXPECT_EQ(server.get(target).json, json::array({object("cars", 0.3), object("signs", 0.1), object("signs", 0.2)}));
  const auto with_class = [&](const char* task) {
    return server.get("/web/api/datasets/" + dataset + "/images?category=0&predictions=5/" + task).json["total"];
  };
  EXPECT_EQ(with_class("cars"), 1);
  EXPECT_EQ(with_class("signs"), 1);
  EXPECT_EQ(server.post(target, std::vector<json>(9'999, object("cars", 0.3))).status, 400);
  EXPECT_EQ(server.post(target, json::array()).status, 201);
  EXPECT_EQ(server.get(target).json, json::array());
  EXPECT_EQ(with_class("cars"), 0);
  EXPECT_EQ(with_class("signs"), 0);
}

TEST_F(Results, predictions_may_name_the_crops_that_were_cut_out) {
  json object = {{"type", "OBJECT_DETECTION"},
                 {"taskName", "cars"},
                 {"categoryId", 0},
                 {"score", 0.5},
                 {"bbox", {1, 2, 3, 4}},
                 {"cropDatasetId", std::string(24, 'a')},
                 {"cropSampleId", std::string(24, 'b')}};
  const std::string target = path("/predictions/samples/" + sample + "?predictionUUIDTimestamp=5");
  EXPECT_EQ(server.post(target, json::array({object})).status, 201);
  EXPECT_EQ(server.get(target).json, json::array({object}));
  for (const char* key : {"cropDatasetId", "cropSampleId"}) {
    json wrong = object;
    wrong[key] = "a_crop.png";
    EXPECT_EQ(server.post(target, json::array({wrong})).status, 400) << key;
  }
}

// Older clients send -1 unless they are told a version; newer ones may leave the time out.
TEST_F(Results, predictions_without_a_version_replace_each_other) {
  const json task = {{"name", "signs"}, {"type", "CLASSIFICATION"}, {"categories", {{{"id", 0}, {"name", "stop"}}}}};
  double score = 0.1;
  for (const std::string query : {"?predictionUUIDTimestamp=-1", "", "?predictionUUIDTimestamp=0"}) {
    EXPECT_EQ(server.post(path("/predictions/tasks" + query), task).status, 201);
    const json found =
        json::array({{{"type", "CLASSIFICATION"}, {"taskName", "signs"}, {"categoryId", 0}, {"score", score}}});
    const std::string of_sample = path("/predictions/samples/" + sample);
    EXPECT_EQ(server.post(of_sample + query, found).status, 201);
    for (const std::string asked : {"?predictionUUIDTimestamp=-1", ""}) {
      EXPECT_EQ(server.get(of_sample + asked).json, found) << query << " and " << asked;
      EXPECT_EQ(server.get(path("/predictions/tasks" + asked)).json["schemas"], json::array({task}));
    }
    score += 0.1;
  }
}

TEST_F(Results, scores_are_taken_with_a_task_or_a_tag) {
  const json scores = {{"scoreType", "uncertainty_margin"}, {"scores", {0.1, 1, 0}}};
  EXPECT_EQ(server.post(path("/predictions/scores?taskName=t&predictionUUIDTimestamp=5"), scores).status, 201);
  EXPECT_EQ(server.post(path("/tags/" + std::string(24, 'a') + "/scores"), scores).status, 404);
  EXPECT_EQ(server.post(path("/predictions/scores"), {{"scoreType", "x"}, {"scores", {"a"}}}).status, 400);

  const json of_task = server.get(path("/predictions/scores?taskName=t")).json;
  ASSERT_EQ(of_task.size(), 1u);
  EXPECT_EQ(keys_of(of_task[0]), (std::set<std::string>{"id", "datasetId", "predictionUUIDTimestamp", "taskName",
                                                        "scoreType", "createdAt"}));
  EXPECT_EQ(of_task[0]["predictionUUIDTimestamp"], 5);
  EXPECT_EQ(server.get(path("/predictions/scores?taskName=other")).json, json::array());
  EXPECT_EQ(server.get(path("/predictions/scores/") + of_task[0]["id"].get<std::string>()).json["scores"],
            scores["scores"]);

  const std::string tag = server.post(path("/tags/initial"), {{"imgType", "full"}}).id();
  ASSERT_EQ(server.post(path("/tags/" + tag + "/scores"), scores).status, 201);
  const json of_tag = server.get(path("/tags/" + tag + "/scores")).json;
  ASSERT_EQ(of_tag.size(), 1u);
  EXPECT_EQ(keys_of(of_tag[0]), (std::set<std::string>{"id", "tagId", "scoreType", "createdAt"}));
  EXPECT_EQ(server.get(path("/predictions/scores")).json.size(), 1u) << "a tag's scores are of no task";
  EXPECT_EQ(server.get(path("/tags/" + tag + "/scores/" + of_tag[0]["id"].get<std::string>())).json["scores"].size(),
            3u);
}

TEST_F(Results, scores_may_be_larger_than_other_bodies) {
  TestServer small({.max_body_bytes = 1000});
  const std::string base = "/v1/datasets/" + small.new_dataset();
  const std::string tag = small.post(base + "/tags/initial", {{"imgType", "full"}}).id();
  const json scores = {{"scoreType", "entropy"}, {"scores", std::vector<double>(1000, 0.123456)}};
  EXPECT_EQ(small.post(base + "/tags", scores).status, 413);
  EXPECT_EQ(small.post(base + "/predictions/scores", scores).status, 201);
  EXPECT_EQ(small.post(base + "/tags/" + tag + "/scores", scores).status, 201);
}

// A dataset with a million samples has megabytes of them in each set.
TEST_F(Results, scores_are_listed_without_being_read) {
  const json scores = {{"scoreType", "entropy/of/classes"}, {"scores", {0.1}}};
  const std::string tag = server.post(path("/tags/initial"), {{"imgType", "full"}}).id();
  ASSERT_EQ(server.post(path("/predictions/scores?taskName=a/b&predictionUUIDTimestamp=5"), scores).status, 201);
  ASSERT_EQ(server.post(path("/predictions/scores"), scores).status, 201);
  ASSERT_EQ(server.post(path("/tags/" + tag + "/scores"), scores).status, 201);
  execute("UPDATE scores SET document = 'unread'");
  const json of_tasks = server.get(path("/predictions/scores")).json;
  ASSERT_EQ(of_tasks.size(), 2u) << of_tasks;
  EXPECT_EQ(of_tasks[0]["taskName"], "a/b");
  EXPECT_EQ(of_tasks[0]["scoreType"], "entropy/of/classes");
  EXPECT_EQ(of_tasks[1]["taskName"], "");
  EXPECT_EQ(server.get(path("/predictions/scores?taskName=a/b")).json.size(), 1u);
  const json of_tag = server.get(path("/tags/" + tag + "/scores")).json;
  ASSERT_EQ(of_tag.size(), 1u) << of_tag;
  EXPECT_EQ(of_tag[0]["tagId"], tag);
  EXPECT_EQ(of_tag[0]["scoreType"], "entropy/of/classes");
}

TEST_F(Results, scores_of_earlier_builds_have_their_type_in_the_name_alone) {
  const json scores = {{"scoreType", "entropy"}, {"scores", {0.1}}};
  ASSERT_EQ(server.post(path("/predictions/scores?taskName=a/b&predictionUUIDTimestamp=5"), scores).status, 201);
  execute("UPDATE scores SET state = ''");
  const json of_task = server.get(path("/predictions/scores?taskName=a/b")).json;
  ASSERT_EQ(of_task.size(), 1u);
  EXPECT_EQ(of_task[0]["scoreType"], "entropy");
}

TEST_F(Results, without_a_time_predictions_are_the_newest_of_each_task) {
  const auto add = [&](const std::string& time, const std::string& name, double score) {
    const json task = {{"name", name}, {"type", "OBJECT_DETECTION"}, {"categories", {{{"id", 0}, {"name", time}}}}};
    EXPECT_EQ(server.post(path("/predictions/tasks?predictionUUIDTimestamp=" + time), task).status, 201);
    const json object = {
        {"type", "OBJECT_DETECTION"}, {"taskName", name}, {"categoryId", 0}, {"score", score}, {"bbox", {1, 2, 3, 4}}};
    EXPECT_EQ(
        server.post(path("/predictions/samples/" + sample + "?predictionUUIDTimestamp=" + time), json::array({object}))
            .status,
        201);
  };
  EXPECT_EQ(server.get(path("/predictions/tasks")).json,
            (json{{"predictionUUIDTimestamp", 0}, {"schemas", json::array()}}));
  add("900", "cars", 0.1);
  add("1000", "cars", 0.2);
  add("800", "signs", 0.3);
  server.new_sample(dataset, "b.png");

  const json tasks = server.get(path("/predictions/tasks")).json;
  EXPECT_EQ(tasks["predictionUUIDTimestamp"], 1000);
  ASSERT_EQ(tasks["schemas"].size(), 2u);
  EXPECT_EQ(tasks["schemas"][0]["categories"][0]["name"], "1000");
  EXPECT_EQ(server.get(path("/predictions/tasks/signs")).json["name"], "signs");
  EXPECT_EQ(server.get(path("/predictions/tasks/dogs")).status, 404);

  const auto scores_of = [](const json& objects) {
    json scores = json::array();
    for (const json& object : objects) scores.push_back(object["score"]);
    return scores;
  };
  EXPECT_EQ(scores_of(server.get(path("/predictions/samples/" + sample)).json), (json{0.2, 0.3}));
  const json all = server.get(path("/predictions/samples?taskName=cars")).json;
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(scores_of(all[0]), json::array({0.2}));
  EXPECT_EQ(all[1], json::array());
  EXPECT_EQ(server.get(path("/predictions/samples?pageSize=1&pageOffset=1")).json, json::array({json::array()}));

  server.headers["user-agent"] = "Lightly/1.4.10 (Linux) python/3.11";
  EXPECT_TRUE(server.get(path("/predictions/tasks")).json.is_array());
}

TEST_F(Results, what_the_newest_set_found_nothing_in_does_not_show_an_older_one) {
  const auto add = [&](const std::string& time, const json& objects) {
    const std::string at = "?predictionUUIDTimestamp=" + time;
    const json cars = {{"name", "cars"}, {"type", "CLASSIFICATION"}, {"categories", {{{"id", 0}, {"name", "x"}}}}};
    EXPECT_EQ(server.post(path("/predictions/tasks" + at), cars).status, 201);
    if (!objects.is_null()) {
      EXPECT_EQ(server.post(path("/predictions/samples/" + sample + at), objects).status, 201);
    }
  };
  const json car = {{"type", "CLASSIFICATION"}, {"taskName", "cars"}, {"categoryId", 0}, {"score", 0.5}};
  const json sign = {{"type", "CLASSIFICATION"}, {"taskName", "signs"}, {"categoryId", 0}, {"score", 0.5}};
  const std::string of_sample = path("/predictions/samples/" + sample);
  add("5", json::array({car, sign}));
  add("7", json());
  EXPECT_EQ(server.get(of_sample).json, json::array({car, sign})) << "a set that does not know the sample";
  add("6", json::array());
  EXPECT_EQ(server.get(of_sample).json, json::array({sign})) << "a task that the newer set does not have";
  EXPECT_EQ(server.get(path("/predictions/samples")).json, json::array({json::array({sign})}));
  EXPECT_EQ(server.get(path("/predictions/samples?taskName=cars")).json, json::array({json::array()}));
  EXPECT_EQ(server.get(of_sample + "?predictionUUIDTimestamp=5").json, json::array({car, sign}));
}

TEST_F(Results, metadata_configurations_are_kept_and_the_dataset_names_the_last) {
  const std::string base = path("/configuration/metadata");
  const json configuration = {{"name", "Lightly"},
                              {"configs",
                               {{{"name", "Weather"},
                                 {"path", "weather"},
                                 {"defaultValue", "unknown"},
                                 {"valueDataType", "CATEGORICAL_STRING"}}}}};
  const std::string id = server.post(base, configuration).id();
  EXPECT_EQ(server.get(base + "/" + id).json["configs"], configuration["configs"]);
  const json all = server.get(base).json;
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(keys_of(all[0]), (std::set<std::string>{"id", "name", "configs", "createdAt", "lastModifiedAt"}));
  EXPECT_EQ(server.get(path("")).json["metaDataConfigurationId"], id);
  EXPECT_EQ(server.post(base, {{"name", "x"}, {"configs", {{{"name", "n"}}}}}).status, 400);
}

}  // namespace
}  // namespace pretag
