// Lists of a dataset's samples: pages, and all of them at once.
#include "pretag/server/sample_list.h"

#include "pretag/server/bitmask.h"
#include "pretag/server/many_samples.h"

namespace pretag {
namespace {

using nlohmann::json;

constexpr int kSamples = 5000;

std::string file_name(int i) {
  return fmt::format("a folder with a rather long name, as they are on cameras/front/{:05}.jpg", i);
}

class SampleLists : public ::testing::Test {
 protected:
  SampleLists() { add_many_samples(server, dataset, kSamples, file_name); }

  std::string path(const std::string& rest) { return "/v1/datasets/" + dataset + rest; }
  std::string new_tag(const std::string& name, const std::string& mask) {
    return server.post(path("/tags"), {{"name", name}, {"bitMaskData", mask}}).id();
  }
  // Rows that a request reads.
  int64_t cost(const std::string& rest) {
    const int64_t before = server.rows->read;
    EXPECT_EQ(server.get(path(rest)).status, 200) << rest;
    return server.rows->read - before;
  }

  TestServer server;
  std::string dataset = server.new_dataset();
};

TEST_F(SampleLists, a_page_reads_what_it_holds) {
  const std::string all = new_tag("all", Bitmask::first(kSamples).text());
  constexpr int64_t kBesides = 10;  // the token, the dataset, the tag
  for (const char* offset : {"0", "2500", "4900"}) {
    const std::string page = fmt::format("pageSize=100&pageOffset={}", offset);
    for (const std::string& rest :
         {"/mappings?field=fileName&" + page, "/samples?" + page, "/samples/partial?mode=fileNames&" + page,
          "/tags/" + all + "/export/basic/filenames?" + page, "/tags/" + all + "/export/LabelStudio/tasks?" + page}) {
      EXPECT_LE(cost(rest), 100 + kBesides) << rest;
    }
  }
  EXPECT_LE(cost("/mappings?field=_id&pageSize=100&pageOffset=5000"), kBesides) << "past the end";
}

TEST_F(SampleLists, the_page_of_a_sparse_tag_does_not_read_what_lies_between) {
  std::string mask = "0x";
  for (int i = 0; i < 50; ++i) mask += "1" + std::string(24, '0');  // every hundredth
  const std::string tag = new_tag("sparse", mask);
  const std::string page = "/tags/" + tag + "/export/basic/filenames?pageSize=10&pageOffset=20";
  EXPECT_LE(cost(page), 20);
  const std::string text = server.get(path(page)).json;
  EXPECT_EQ(text.substr(0, text.find('\n')), file_name(96 + 20 * 100));
  EXPECT_EQ(std::ranges::count(text, '\n'), 9);
}

TEST_F(SampleLists, pages_put_together_are_the_list) {
  const std::string tag = new_tag("odd", "0x" + std::string(kSamples / 4, 'a'));
  for (const std::string& rest :
       {std::string("/mappings?field=fileName"), std::string("/samples?"), std::string("/samples/partial?mode=ids"),
        std::string("/predictions/samples?"), "/tags/" + tag + "/export/LabelStudio/tasks?",
        "/tags/" + tag + "/export/LabelBox/datarows?", "/tags/" + tag + "/export/LabelBoxV4/datarows?"}) {
    const json whole = server.get(path(rest)).json;
    EXPECT_EQ(whole.size(), rest.find(tag) == std::string::npos ? kSamples : kSamples / 2) << rest;
    json pages = json::array();
    for (size_t size = 700; size == 700;) {
      const json page = server.get(path(fmt::format("{}&pageSize=700&pageOffset={}", rest, pages.size()))).json;
      size = page.size();
      pages.insert(pages.end(), page.begin(), page.end());
    }
    EXPECT_TRUE(pages == whole) << rest;
  }
}

TEST_F(SampleLists, entry_i_belongs_to_bit_i) {
  const json names = server.get(path("/mappings?field=fileName")).json;
  const json ids = server.get(path("/mappings?field=_id")).json;
  ASSERT_EQ(names.size(), kSamples);
  for (const int i : {0, 1, 499, 500, 4999}) {
    EXPECT_EQ(names[i], file_name(i));
    EXPECT_EQ(ids[i], many_sample_id(i));
  }
}

TEST_F(SampleLists, a_long_list_comes_in_pieces_of_bounded_size) {
  HttpResponse response = server.respond("GET", path("/samples"));
  ASSERT_TRUE(response.more);
  std::string text = response.body;
  for (;;) {
    const auto piece = response.more();
    ASSERT_TRUE(piece.ok());
    if (piece->empty()) break;
    EXPECT_LT(piece->size(), 512u << 10);
    text += *piece;
  }
  EXPECT_EQ(json::parse(text).size(), kSamples);
}

TEST_F(SampleLists, between_two_pieces_others_get_the_database) {
  HttpResponse slow = server.respond("GET", path("/samples"));
  ASSERT_TRUE(slow.more);
  // A database in memory has one connection only.
  EXPECT_EQ(server.get(path("")).status, 200);
  EXPECT_FALSE(slow.more()->empty());
}

TEST_F(SampleLists, a_list_whose_dataset_is_deleted_breaks_off) {
  HttpResponse response = server.respond("GET", path("/samples"));
  ASSERT_TRUE(response.more);
  EXPECT_EQ(server.call("DELETE", path("")).status, 204);
  EXPECT_EQ(response.more().error().code, ErrorCode::kNotFound);
}

TEST_F(SampleLists, names_in_an_export_may_hold_anything) {
  const std::string odd = server.new_sample(dataset, "quote \" and \\ and \u00e4.png");
  server.post(path("/tags"), {{"name", "last"}, {"bitMaskData", "0x1" + std::string(kSamples / 4, '0')}});
  const std::string tag = server.get(path("/tags")).json[0]["id"];
  EXPECT_EQ(server.get(path("/tags/" + tag + "/export/basic/filenames")).json, "quote \" and \\ and \u00e4.png");
  EXPECT_EQ(server.get(path("/tags/" + tag + "/export/basic/filenames?pageOffset=1")).json, "");
}

}  // namespace
}  // namespace pretag
