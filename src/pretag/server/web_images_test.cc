// What the page of a dataset asks for: the overview, the classes, pages of images.
#include "pretag/server/bitmask.h"
#include "pretag/server/many_samples.h"
#include "pretag/server/test_server.h"

namespace pretag {
namespace {

using nlohmann::json;

constexpr char kSet[] = "5/found";

json object(int category, double score, const std::string& task = "found") {
  return {{"type", "OBJECT_DETECTION"},
          {"taskName", task},
          {"categoryId", category},
          {"score", score},
          {"bbox", {1, 2, 3, 4}}};
}

// Five samples: a car of 0.9 in the first, a car of 0.4 and a person of 0.8 in the second, a person of 0.6 in the
// third.
class WebImages : public ::testing::Test {
 protected:
  WebImages() {
    for (const char* file : {"a.png", "b.png", "c.png", "d.png", "e.png"}) {
      samples.push_back(server.new_sample(dataset, file));
    }
    server.post(path("/predictions/tasks?predictionUUIDTimestamp=5"),
                {{"name", "found"},
                 {"type", "OBJECT_DETECTION"},
                 {"categories", {{{"id", 0}, {"name", "person"}}, {{"id", 2}, {"name", "car"}}}}});
    predict(0, {object(2, 0.9), object(2, 0.3)});
    predict(1, {object(2, 0.4), object(0, 0.8)});
    predict(2, {object(0, 0.6), object(0, 0.99, "another task")});
    server.post(path("/tags/initial"), {{"name", "initial-tag"}});
    tag = server.post(path("/tags"), {{"name", "chosen"}, {"bitMaskData", "0xa"}}).id();  // b.png and d.png
  }

  void predict(size_t sample, const json& objects) {
    EXPECT_EQ(
        server.post(path("/predictions/samples/" + samples[sample] + "?predictionUUIDTimestamp=5"), objects).status,
        201);
  }
  std::string path(const std::string& rest) { return "/v1/datasets/" + dataset + rest; }
  std::string web(const std::string& rest) { return "/web/api/datasets/" + dataset + rest; }
  json images(const std::string& query) { return server.get(web("/images?predictions=5/found" + query)).json; }
  // The names of the files without .png, and how many match in all.
  std::string files(const std::string& query) {
    const json answer = images(query);
    std::string names;
    for (const json& image : answer["images"]) names += image["fileName"].get<std::string>().substr(0, 1);
    return names + " of " + answer["total"].dump();
  }

  TestServer server;
  std::string dataset = server.new_dataset(), tag;
  std::vector<std::string> samples;
};

TEST_F(WebImages, the_overview_tells_of_tags_and_predictions_without_masks) {
  const json overview = server.get(web("")).json;
  EXPECT_EQ(overview["name"], "pictures");
  EXPECT_EQ(overview["images"], 5);
  EXPECT_EQ(overview["tags"][0], (json{{"id", tag}, {"name", "chosen"}, {"images", 2}}));
  EXPECT_EQ(overview["tags"][1]["images"], 5);
  EXPECT_EQ(overview["predictions"][0]["id"], kSet);
  EXPECT_EQ(overview["predictions"][0]["categories"].size(), 2u);
}

TEST_F(WebImages, the_overview_does_not_read_masks_but_those_of_earlier_builds) {
  const auto execute = [&](const std::string& statement) {
    const auto sql = server.context->database().connect();
    EXPECT_TRUE((*sql)->execute(statement).ok());
  };
  execute("UPDATE tags SET state = ''");
  EXPECT_EQ(server.get(web("")).json["tags"][0]["images"], 2);
  execute("UPDATE tags SET state = '3', document = 'unread'");
  EXPECT_EQ(server.get(web("")).json["tags"][0]["images"], 3);
}

TEST_F(WebImages, pages_hold_what_the_filters_leave) {
  EXPECT_EQ(files(""), "abcde of 5");
  EXPECT_EQ(files("&category=2"), "ab of 2");
  EXPECT_EQ(files("&category=2&minScore=0.4"), "ab of 2");
  EXPECT_EQ(files("&category=2&minScore=0.45"), "a of 1");
  EXPECT_EQ(files("&minScore=0.7"), "ab of 2") << "of whatever class";
  EXPECT_EQ(files("&category=7"), " of 0");
  EXPECT_EQ(files("&show=selected&tag=" + tag), "bd of 2");
  EXPECT_EQ(files("&show=others&tag=" + tag), "ace of 3");
  EXPECT_EQ(files("&show=selected&category=2&tag=" + tag), "b of 1");
  EXPECT_EQ(files("&pageSize=2&pageOffset=2"), "cd of 5");
  EXPECT_EQ(files("&show=others&pageSize=2&pageOffset=2&tag=" + tag), "e of 3");
  EXPECT_EQ(files("&pageOffset=100"), " of 5");
  EXPECT_EQ(files("&pageSize=0"), " of 5");
}

// A worker holds scores of a user's own task as floats.
TEST_F(WebImages, whatever_puts_an_image_on_the_list_is_shown_in_it) {
  predict(3, json::array({object(2, double{0.9f})}));
  ASSERT_LT(double{0.9f}, 0.9);
  EXPECT_EQ(files("&category=2&minScore=0.9"), "ad of 2");
  for (const json& image : images("&category=2&minScore=0.9")["images"]) EXPECT_EQ(image["objectCount"], 1);
}

TEST_F(WebImages, an_image_has_the_objects_of_the_filter_the_surest_first) {
  const json image = images("&tag=" + tag)["images"][1];
  EXPECT_EQ(keys_of(image), (std::set<std::string>{"id", "fileName", "index", "url", "thumbnail", "selected",
                                                   "objectCount", "objects"}));
  EXPECT_EQ(image["selected"], true);
  EXPECT_EQ(image["objects"], (json{{{"category", 0}, {"score", 0.8}, {"bbox", {1, 2, 3, 4}}},
                                    {{"category", 2}, {"score", 0.4}, {"bbox", {1, 2, 3, 4}}}}));
  EXPECT_EQ(images("&category=2")["images"][1]["objects"].size(), 1u);
  EXPECT_EQ(images("&minScore=0.5")["images"][0]["objects"].size(), 1u);
  EXPECT_EQ(images("")["images"][2]["objectCount"], 1) << "not of another task";
}

TEST_F(WebImages, very_many_objects_are_counted_and_the_surest_are_sent) {
  json many = json::array();
  for (int i = 0; i < 1000; ++i) many.push_back(object(2, i / 1000.0));
  predict(4, many);
  const json image = images("&pageOffset=4")["images"][0];
  EXPECT_EQ(image["objectCount"], 1000);
  EXPECT_EQ(image["objects"].size(), 300u);
  EXPECT_EQ(image["objects"][0]["score"], 0.999);
}

TEST_F(WebImages, links_lead_to_the_upload_or_else_to_the_data_source) {
  EXPECT_EQ(images("")["images"][0]["url"], "");
  server.put(path("/datasource"), {{"type", "LOCAL"},
                                   {"purpose", "INPUT_OUTPUT"},
                                   {"fullPath", "in"},
                                   {"webServerLocation", "http://localhost:3456"}});
  EXPECT_EQ(images("")["images"][0]["url"], "http://localhost:3456/in/a.png");
  const json sample = server.post(path("/samples/withWriteUrls"), {{"fileName", "a.png"}}).json;
  EXPECT_EQ(server.follow("PUT", sample["sampleWriteUrls"]["full"], "pixels").status, 200);
  EXPECT_EQ(server.follow("GET", images("")["images"][0]["url"]).text, "pixels");
}

TEST_F(WebImages, thumbnails_come_with_the_size_that_the_image_has) {
  EXPECT_EQ(images("")["images"][0]["thumbnail"], nullptr);
  const auto local = [&](const char* purpose, const char* folder) {
    server.put(path("/datasource"), {{"type", "LOCAL"},
                                     {"purpose", purpose},
                                     {"fullPath", folder},
                                     {"webServerLocation", "http://localhost:3456"}});
  };
  local("INPUT", "in");
  local("LIGHTLY", "out");
  const json sample = server
                          .post(path("/samples/withWriteUrls"), {{"fileName", "a.png"},
                                                                 {"thumbName", ".lightly/thumbnails/a_thumb.png"},
                                                                 {"metaData", {{"shape", {480, 640, 3}}}}})
                          .json;
  const std::string url = "http://localhost:3456/out/.lightly/thumbnails/a_thumb.png";
  EXPECT_EQ(images("")["images"][0]["thumbnail"], (json{{"url", url}, {"width", 640}, {"height", 480}}));
  EXPECT_EQ(images("")["images"][0]["url"], "http://localhost:3456/in/a.png");
  EXPECT_EQ(server.get(path("/samples/" + samples[0] + "/readurl?type=thumbnail")).json, url);
  EXPECT_EQ(server.get(path("/samples/" + samples[1] + "/readurl?type=thumbnail")).json,
            "http://localhost:3456/in/b.png")
      << "the image itself where there is none";
  EXPECT_EQ(server.follow("PUT", sample["sampleWriteUrls"]["thumb"], "few pixels").status, 200);
  EXPECT_EQ(server.follow("GET", images("")["images"][0]["thumbnail"]["url"]).text, "few pixels");
}

TEST_F(WebImages, classes_are_counted_once_an_image_before_and_after) {
  const auto classes = [&](const std::string& query) {
    return server.get(web("/classes?predictions=5/found" + query)).json;
  };
  EXPECT_EQ(classes("&tag=" + tag),
            (json{{{"id", 0}, {"before", 2}, {"after", 1}}, {{"id", 2}, {"before", 2}, {"after", 1}}}));
  EXPECT_EQ(classes("&minScore=0.85"), (json{{{"id", 2}, {"before", 1}, {"after", 0}}}));
  EXPECT_EQ(server.get(web("/classes?predictions=6/found")).json, json::array());
}

TEST_F(WebImages, new_predictions_of_a_sample_replace_the_old_ones) {
  predict(0, json::array({object(0, 0.2)}));
  EXPECT_EQ(files("&category=2"), "b of 1");
  EXPECT_EQ(files("&category=0"), "abc of 3");
  EXPECT_EQ(files("&minScore=0.25"), "bc of 2");
  predict(0, json::array());
  EXPECT_EQ(files("&category=0"), "bc of 2");
}

TEST(WebImagesOfALargeDataset, cost_a_page_wherever_it_lies) {
  constexpr int kSamples = 5000, kPage = 60;
  TestServer server;
  const std::string dataset = server.new_dataset();
  add_many_samples(server, dataset, kSamples, [](int i) { return fmt::format("{:05}.png", i); });
  // A car in every second image, with a score that grows; a person in every fiftieth.
  add_many_predictions(server, dataset, kSamples, [](int i) {
    json objects = json::array();
    if (i % 2 == 0) objects.push_back(object(2, i / 5000.0));
    if (i % 50 == 0) objects.push_back(object(0, 0.5));
    return objects;
  });
  const std::string tag =
      server.post("/v1/datasets/" + dataset + "/tags", {{"name", "half"}, {"bitMaskData", Bitmask::first(2500).text()}})
          .id();
  struct Asked {
    std::string query;
    int total, images, first;  // what comes: the number of matches and of images, the first one's position
    int walked = 0;            // entries of the index of classes that are walked through
  };
  for (const Asked& asked :
       {Asked{"", 5000, kPage, 0}, Asked{"&pageOffset=4980", 5000, 20, 4980}, Asked{"&category=2", 2500, kPage, 0},
        Asked{"&category=2&pageOffset=2490", 2500, 10, 4980}, Asked{"&category=2&minScore=0.9", 250, kPage, 4500},
        Asked{"&minScore=0.9", 250, kPage, 4500}, Asked{"&show=selected&pageOffset=2490", 2500, 10, 2490},
        Asked{"&show=others", 2500, kPage, 2500}, Asked{"&category=0&show=selected", 50, 50, 0, 100}}) {
    const int64_t before = server.rows->read;
    const json answer =
        server.get("/web/api/datasets/" + dataset + "/images?predictions=5/found&tag=" + tag + asked.query).json;
    const int64_t read = server.rows->read - before;
    EXPECT_EQ(answer["total"], asked.total) << asked.query;
    ASSERT_EQ(answer["images"].size(), asked.images) << asked.query;
    EXPECT_EQ(answer["images"][0]["index"], asked.first) << asked.query;
    constexpr int kBesides = 20;  // the token, the dataset, the tag, the count
    // An index entry, a sample, its predictions; where the images are far apart, what lies between two.
    EXPECT_LE(read, 4 * asked.images + asked.walked + kBesides) << asked.query;
  }
}

TEST_F(WebImages, nonsense_is_refused_and_says_what_is_wrong) {
  for (const char* query : {"&category=x", "&category=-1", "&minScore=2", "&minScore=nan", "&minScore=0.5x",
                            "&show=some", "&pageOffset=-1", "&pageSize=many", "&predictions=5"}) {
    EXPECT_EQ(server.get(web("/images?predictions=5/found") + query).status, 400) << query;
  }
  EXPECT_EQ(server.get(web("/images?tag=" + std::string(24, 'a'))).status, 404);
  EXPECT_EQ(server.get(web("/classes?minScore=-1")).status, 400);
}

TEST_F(WebImages, somebody_elses_dataset_is_not_there) {
  for (const char* rest : {"", "/classes", "/images"}) {
    EXPECT_EQ(server.get(web(rest), server.ben).status, 404);
    EXPECT_EQ(server.get(web(rest), "").status, 401);
  }
  const std::string foreign = server.post("/v1/datasets", {{"name", "bens"}}, server.ben).id();
  EXPECT_EQ(server.get("/web/api/datasets/" + foreign + "/images?tag=" + tag, server.ben).status, 404)
      << "a tag of another dataset";
}

TEST_F(WebImages, go_with_their_dataset) {
  EXPECT_EQ(server.call("DELETE", path("")).status, 204);
  const auto sql = server.context->database().connect();
  int64_t rows = -1;
  ASSERT_TRUE((*sql)->query("SELECT count(*) FROM predicted_classes", {},
                            [&](const SqlRow& row) { return rows = row.integer(0), Status(); }));
  EXPECT_EQ(rows, 0);
}

TEST_F(WebImages, a_database_of_the_first_version_learns_of_its_predictions) {
  {
    const auto sql = server.context->database().connect();
    ASSERT_TRUE((*sql)->execute("DROP TABLE predicted_classes; UPDATE schema_version SET version = 1"));
    ASSERT_TRUE(migrate(**sql).ok());
  }
  EXPECT_EQ(files("&category=2&minScore=0.45"), "a of 1");
  EXPECT_EQ(files("&minScore=0.5"), "abc of 3");
}

}  // namespace
}  // namespace pretag
