#include "pretag/worker/crops_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/scripted_http_client.h"

namespace pretag {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A server with these datasets.
struct Platform {
  explicit Platform(std::string named, std::string images = "{}")
      : http([named, images](const HttpCall& call) -> Result<HttpAnswer> {
          return HttpAnswer{200, call.url.find("/query/name/") != std::string::npos ? named : images, 0};
        }) {}

  ScriptedHttpClient http;
  ApiTransport transport{
      http, {.location = "http://server", .token = "t"}, {}, [](double) { return false; }, [](auto&) {}};
  ApiClient api{transport};
};

DatasetRecord images(const std::string& name) { return {.id = "d", .name = name, .type = "Images", .parent_id = {}}; }

TEST(CropsDataset, IsCalledAsTheImagesOrAsTheJobSays) {
  EXPECT_EQ(*crops_dataset_name("", images("my images")), "my images-crops");
  EXPECT_EQ(*crops_dataset_name("cars_2", images("my images")), "cars_2");
  for (const std::string& name : {std::string("a/b"), std::string(" cars"), std::string("c"), std::string(201, 'a'),
                                  std::string(100'000, 'a'), std::string("a\nb")}) {
    const auto refused = crops_dataset_name(name, images("my images"));
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().message, HasSubstr("name another with object_level.crop_dataset_name"));
    EXPECT_THAT(refused.error().message, Not(HasSubstr("\n")));
  }
  EXPECT_FALSE(crops_dataset_name("", images(std::string(195, 'a'))).ok());
}

TEST(CropsDataset, IsTheOneOfItsNameThatHoldsCropsOfTheImages) {
  const auto found = [](const std::string& named) { return find_crops_dataset(Platform(named).api, "x-crops", "d"); };
  EXPECT_EQ(**found(R"([{"id": "c", "name": "x-crops", "type": "Crops", "parentDatasetId": "d"}])"), "c");
  EXPECT_EQ(*found("[]"), std::nullopt);
  EXPECT_EQ(*found(R"([{"id": "c", "name": "x-crops-2", "type": "Crops", "parentDatasetId": "d"}])"), std::nullopt);
  for (const char* other :
       {R"([{"id": "c", "name": "x-crops", "type": "Images"}])", R"([{"id": "c", "name": "x-crops", "type": "Crops"}])",
        R"([{"id": "c", "name": "x-crops", "type": "Crops", "parentDatasetId": "e"}])"}) {
    const auto refused = found(other);
    ASSERT_FALSE(refused.ok()) << other;
    EXPECT_THAT(refused.error().message, HasSubstr("there is a dataset 'x-crops' already"));
    EXPECT_THAT(refused.error().message, HasSubstr("name another with object_level.crop_dataset_name"));
  }
}

TEST(CropsDataset, HasNoJobsOfItsOwn) {
  const Platform platform("[]", R"({"id": "d", "name": "my images", "type": "Images"})");
  const DatasetRecord crops{.id = "c", .name = "cars", .type = "Crops", .parent_id = "d"};
  EXPECT_THAT(no_job_on_crops(platform.api, crops).message,
              HasSubstr("start the job from the image dataset, 'my images'"));
  const DatasetRecord orphan{.id = "c", .name = "cars", .type = "Crops", .parent_id = {}};
  EXPECT_THAT(no_job_on_crops(platform.api, orphan).message, HasSubstr("start the job from the image dataset"));
}

}  // namespace
}  // namespace pretag
