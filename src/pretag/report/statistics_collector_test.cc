#include "pretag/report/statistics_collector.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "support/report_samples.h"

namespace pretag {
namespace {

using Detections = std::vector<Detection>;

// Three images: two cars and a person; a car; nothing above the threshold.
ObjectStatistics hand_made_set() {
  StatisticsCollector collector({"bus", "car", "person"}, 0.5f);
  collector.add(make_info("a.jpg"), Detections{make_detection("car", 0.9f), make_detection("car", 0.7f),
                                               make_detection("person", 0.5f), make_detection("bus", 0.2f)});
  collector.add(make_info("b.jpg"), Detections{make_detection("car", 0.8f)});
  collector.add(make_info("c.jpg"), Detections{make_detection("car", 0.3f)});
  return collector.statistics();
}

TEST(StatisticsCollector, CountsObjectsAndImages) {
  const ObjectStatistics statistics = hand_made_set();
  EXPECT_EQ(statistics.images, 3);
  EXPECT_EQ(statistics.objects, 4);
  EXPECT_EQ(statistics.images_without_objects, 1);
  EXPECT_DOUBLE_EQ(statistics.mean_objects_per_image(), 4.0 / 3);
  EXPECT_EQ(statistics.objects_per_image[0], 1);
  EXPECT_EQ(statistics.objects_per_image[1], 1);
  EXPECT_EQ(statistics.objects_per_image[3], 1);
  EXPECT_EQ(std::accumulate(statistics.objects_per_image.begin(), statistics.objects_per_image.end(), int64_t{0}), 3);
}

TEST(StatisticsCollector, CountsEachClassInTheGivenOrder) {
  const ObjectStatistics statistics = hand_made_set();
  ASSERT_EQ(statistics.classes.size(), 3u);
  const ClassStatistics &bus = statistics.classes[0], &car = statistics.classes[1], &person = statistics.classes[2];
  EXPECT_EQ(bus.name, "bus");
  EXPECT_EQ(bus.objects, 0);
  EXPECT_EQ(bus.mean_score, 0);
  EXPECT_EQ(car.objects, 3);
  EXPECT_EQ(car.images, 2);
  EXPECT_NEAR(car.mean_score, 0.8, 1e-6);
  EXPECT_DOUBLE_EQ(statistics.share_of_objects(car.objects), 0.75);
  EXPECT_EQ(person.objects, 1);
}

TEST(StatisticsCollector, ListsClassesThatTheModelDidNotAnnounceLast) {
  StatisticsCollector collector({"car"}, 0.5f);
  collector.add(make_info("a.jpg"), Detections{make_detection("tram", 0.9f)});
  const ObjectStatistics statistics = collector.statistics();
  ASSERT_EQ(statistics.classes.size(), 2u);
  EXPECT_EQ(statistics.classes[1].name, "tram");
  EXPECT_EQ(statistics.classes[1].objects, 1);
}

TEST(StatisticsCollector, PutsScoresIntoTheirBinsAlsoBelowTheThreshold) {
  StatisticsCollector collector({"car"}, 0.5f);
  Detections detections;
  for (const float score : {1.0f, 0.95f, 0.7f, 0.0f, 0.049f}) detections.push_back(make_detection("car", score));
  detections.push_back(make_detection("car", std::numeric_limits<float>::quiet_NaN()));
  collector.add(make_info("a.jpg"), detections);
  const auto histogram = collector.statistics().classes[0].score_histogram;
  EXPECT_EQ(histogram[19], 2);
  EXPECT_EQ(histogram[14], 1);
  EXPECT_EQ(histogram[0], 2);
  EXPECT_EQ(std::accumulate(histogram.begin(), histogram.end(), int64_t{0}), 5);
  EXPECT_EQ(collector.statistics().objects, 3);
}

TEST(StatisticsCollector, CountsAnObjectThatIsExactlyAtTheThreshold) {
  StatisticsCollector collector({"car"}, 0.7f);
  collector.add(make_info("a.jpg"), Detections{make_detection("car", 0.7f)});
  EXPECT_EQ(collector.statistics().objects, 1);
}

TEST(StatisticsCollector, SortsBoxesByCocoSizeAndByShareOfTheImage) {
  StatisticsCollector collector({"car"}, 0.5f);
  collector.add(make_info("a.jpg"),
                Detections{make_detection("car", 0.9f, {0, 0, 31, 32}), make_detection("car", 0.9f, {0, 0, 32, 32}),
                           make_detection("car", 0.9f, {0, 0, 96, 96}), make_detection("car", 0.9f, {0, 0, 1000, 500}),
                           make_detection("car", 0.9f, {5, 5, 5, 5})});
  const ClassStatistics car = collector.statistics().classes[0];
  EXPECT_EQ(car.sizes.small, 2);
  EXPECT_EQ(car.sizes.medium, 1);
  EXPECT_EQ(car.sizes.large, 2);
  // 992, 1024 and 9216 of 500,000 pixels are 0.2 %, 0.2 % and 1.8 %; bins are half a power of ten.
  EXPECT_EQ(car.relative_areas[4], 2);
  EXPECT_EQ(car.relative_areas[6], 1);
  EXPECT_EQ(car.relative_areas[9], 1);
  EXPECT_EQ(car.relative_areas[0], 1);
}

TEST(StatisticsCollector, PutsCrowdedImagesIntoTheLastBin) {
  StatisticsCollector collector({"car"}, 0.5f);
  collector.add(make_info("a.jpg"), Detections(kMostObjectsPerImage + 50, make_detection("car", 0.9f)));
  EXPECT_EQ(collector.statistics().objects_per_image.back(), 1);
}

TEST(StatisticsCollector, SummarizesTheImages) {
  const ObjectStatistics statistics = hand_made_set();
  EXPECT_EQ(statistics.luminance.count, 3);
  EXPECT_EQ(statistics.luminance.mean, 50);
  EXPECT_EQ(statistics.megapixels.max, 0.5);
}

TEST(StatisticsCollector, CountsClassesThatOccurTogether) {
  StatisticsCollector collector({"bus", "car", "person"}, 0.5f);
  collector.add(make_info("a"), std::vector{make_detection("car", 0.9f), make_detection("car", 0.8f),
                                            make_detection("person", 0.7f), make_detection("bus", 0.1f)});
  collector.add(make_info("b"), std::vector{make_detection("person", 0.9f), make_detection("car", 0.7f)});
  const ObjectStatistics statistics = collector.statistics();
  ASSERT_EQ(statistics.class_pairs.size(), 1u);
  EXPECT_EQ(statistics.class_pairs[0].first, 1u);
  EXPECT_EQ(statistics.class_pairs[0].second, 2u);
  EXPECT_EQ(statistics.class_pairs[0].images, 2);
  EXPECT_EQ(statistics.classes[1].images_by_objects[2], 1);
  EXPECT_EQ(statistics.classes[0].images_by_objects[0], 2);
}

TEST(StatisticsCollector, TakesTheRangesOfAnother) {
  StatisticsCollector all({}, 0.5f), some({}, 0.5f);
  ImageInfo info = make_info("a");
  for (const float sharpness : {1.0f, 2.0f, 40.0f}) {
    info.quality.sharpness = sharpness;
    all.add(info, {});
    if (sharpness < 3) some.add(info, {});
  }
  const ObjectStatistics before = all.statistics(), after = some.statistics(&before);
  EXPECT_EQ(after.sharpness.histogram.high, before.sharpness.histogram.high);
  EXPECT_GE(before.sharpness.histogram.high, 2.9);
  EXPECT_EQ(before.sharpness.histogram.counts.back(), 1);
  EXPECT_EQ(after.sharpness.histogram.counts.back(), 0);
}

}  // namespace
}  // namespace pretag
