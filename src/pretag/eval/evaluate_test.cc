#include "pretag/eval/evaluate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "pretag/eval/matching.h"

namespace pretag {
namespace {

EvalImage image(std::vector<Detection> detections, std::vector<GroundTruth> objects) {
  return {{"a.jpg", 1000, 1000, std::move(detections)}, {"a.jpg", 1000, 1000, std::move(objects)}};
}

Detection detection(Box box, const char* label, float score) { return {box, label, score, {}}; }

GroundTruth object(Box box, const char* label, bool crowd = false) { return {box, label, box.area(), crowd}; }

TEST(Evaluate, OneRightOneWrongOneMissed) {
  // Cars: two labelled; the 0.9 is right (IoU 1), the 0.8 hits nothing. Precision 1, 1/2 and recall 1/2, 1/2:
  // 51 of 101 recalls have precision 1. Persons: one labelled, found with 0.3 only.
  const std::vector images = {
      image({detection({0, 0, 50, 50}, "car", 0.9f), detection({500, 500, 550, 550}, "car", 0.8f),
             detection({0, 0, 200, 200}, "person", 0.3f)},
            {object({0, 0, 50, 50}, "car"), object({100, 100, 150, 150}, "car"), object({0, 0, 200, 200}, "person")})};
  const EvalResult result = evaluate(images, {{"car", "person", "bus"}, 0.5f});
  const ClassEval& car = result.classes[0];
  EXPECT_NEAR(*car.scores.ap, 51.0 / 101, 1e-12);
  EXPECT_NEAR(*car.scores.ap50, 51.0 / 101, 1e-12);
  EXPECT_NEAR(*car.scores.ap_medium, 51.0 / 101, 1e-12);  // 50 × 50 lies between 32² and 96²
  EXPECT_FALSE(car.scores.ap_small);
  EXPECT_FALSE(car.scores.ap_large);
  EXPECT_NEAR(*car.scores.ar100, 0.5, 1e-12);
  EXPECT_EQ(car.counts.right, 1);
  EXPECT_EQ(car.counts.wrong, 1);
  EXPECT_EQ(car.counts.missed(), 1);
  EXPECT_EQ(*car.counts.precision(), 0.5);
  EXPECT_EQ(*car.counts.recall(), 0.5);
  EXPECT_EQ(*car.counts.f1(), 0.5);
  EXPECT_EQ(car.counts.count_error, 0);  // two detected, two labelled
  EXPECT_EQ(*car.counts.bias(), 0);
  EXPECT_NEAR(*car.calibration.error(), (0.1 + 0.8) / 2, 1e-6);

  const ClassEval& person = result.classes[1];
  EXPECT_NEAR(*person.scores.ap, 1, 1e-12);  // average precision uses every detection
  EXPECT_EQ(person.counts.detected(), 0);    // the counts only those from 0.5 on
  EXPECT_EQ(*person.counts.recall(), 0);
  EXPECT_FALSE(person.counts.precision());
  EXPECT_EQ(person.counts.count_error, 1);
  EXPECT_EQ(*person.counts.bias(), -1);

  const ClassEval& bus = result.classes[2];
  EXPECT_FALSE(bus.scores.ap);
  EXPECT_FALSE(bus.counts.f1());
  EXPECT_FALSE(bus.counts.bias());
  EXPECT_FALSE(bus.calibration.error());
  EXPECT_NEAR(*result.mean.ap, (51.0 / 101 + 1) / 2, 1e-12);  // bus has no object and is left out
  EXPECT_EQ(result.total.objects, 3);
  EXPECT_EQ(result.total.count_error, 1);
  EXPECT_NEAR(*result.calibration.error(), (0.1 + 0.8 + 0.7) / 3, 1e-6);
}

TEST(Evaluate, ClassesThatWereNotAskedForDoNotCount) {
  const std::vector images = {image({detection({0, 0, 50, 50}, "kite", 0.9f)}, {object({0, 0, 50, 50}, "car")})};
  const EvalResult result = evaluate(images, {{"car"}, 0.5f});
  EXPECT_EQ(result.total.wrong, 0);
  EXPECT_EQ(result.total.missed(), 1);
}

TEST(Evaluate, OnlyTheHundredBestDetectionsOfAnImageCount) {
  std::vector<Detection> detections;
  for (int i = 0; i < 100; ++i) detections.push_back(detection({500, 500, 550, 550}, "car", 0.9f));
  detections.push_back(detection({0, 0, 50, 50}, "car", 0.1f));
  EXPECT_EQ(*evaluate(std::vector{image(detections, {object({0, 0, 50, 50}, "car")})}, {{"car"}, 0.5f}).mean.ap, 0);
}

TEST(Evaluate, WhatLiesInACrowdDoesNotCountAsDetected) {
  const std::vector images = {image({detection({0, 0, 50, 50}, "car", 0.9f)}, {object({0, 0, 500, 500}, "car", true)})};
  const EvalResult result = evaluate(images, {{"car"}, 0.5f});
  EXPECT_EQ(result.total.detected(), 0);
  EXPECT_EQ(result.total.objects, 0);
  EXPECT_FALSE(result.mean.ap);
}

TEST(Evaluate, NothingGivesNothing) {
  const EvalResult result = evaluate({}, {{"car"}, 0.5f});
  EXPECT_EQ(result.images, 0u);
  EXPECT_FALSE(result.mean.ap);
  EXPECT_EQ(result.total.count_error, 0);
}

// The definition of average precision written from scratch, for one class: at each cut of the ranked detections it
// matches anew, and the interpolated precision at a recall is the maximum over all cuts that reach it.
class Reference {
 public:
  Reference(const std::vector<EvalImage>& images, double smallest, double largest)
      : images_(images), smallest_(smallest), largest_(largest) {
    for (size_t i = 0; i < images.size(); ++i) {
      std::vector<Detection> sorted = images[i].prediction.detections;
      std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
      for (const Detection& d : sorted) ranked_.emplace_back(i, d);
    }
    std::stable_sort(ranked_.begin(), ranked_.end(),
                     [](const auto& a, const auto& b) { return a.second.score > b.second.score; });
  }

  double mean_ap() const {
    double sum = 0;
    for (size_t t = 0; t < 10; ++t) sum += ap(iou_thresholds()[t]);
    return sum / 10;
  }

 private:
  bool counts(const GroundTruth& o) const { return !o.crowd && o.area >= smallest_ && o.area <= largest_; }

  double ap(double threshold) const {
    double objects = 0;
    for (const EvalImage& i : images_)
      for (const GroundTruth& o : i.truth.objects) objects += counts(o);
    std::vector<std::pair<double, double>> points;  // recall, precision
    for (size_t cut = 1; cut <= ranked_.size(); ++cut) {
      const auto [right, wrong] = count(cut, threshold);
      points.emplace_back(right / objects, right + wrong > 0 ? right / (right + wrong) : 0);
    }
    double sum = 0;
    for (int r = 0; r <= 100; ++r) {
      double best = 0;
      for (const auto& [recall, precision] : points)
        if (recall >= r * 0.01) best = std::max(best, precision);
      sum += best;
    }
    return sum / 101;
  }

  std::pair<double, double> count(size_t cut, double threshold) const {
    std::set<std::pair<size_t, size_t>> taken;
    double right = 0, wrong = 0;
    for (size_t k = 0; k < cut; ++k) {
      const auto& [i, d] = ranked_[k];
      const auto& all = images_[i].truth.objects;
      // First among the objects that count, then among the others; each time the best free one.
      int chosen = -1;
      for (const bool counting : {true, false}) {
        double best = threshold;
        for (size_t o = 0; o < all.size() && (chosen < 0 || counting); ++o) {
          if (counts(all[o]) != counting || (!all[o].crowd && taken.contains({i, o}))) continue;
          if (const double value = overlap(d.box_in_image, all[o]); value >= best)
            best = value, chosen = static_cast<int>(o);
        }
        if (chosen >= 0) break;
      }
      if (chosen >= 0) {
        taken.insert({i, static_cast<size_t>(chosen)});
        right += counts(all[static_cast<size_t>(chosen)]);
      } else {
        const double area = d.box_in_image.area();
        wrong += area >= smallest_ && area <= largest_;
      }
    }
    return {right, wrong};
  }

  static double overlap(const Box& a, const GroundTruth& o) {
    const Box& b = o.box_in_image;
    const double w = std::min(a.x2, b.x2) - std::max(a.x1, b.x1), h = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
    if (w <= 0 || h <= 0) return 0;
    return w * h / (o.crowd ? double{a.area()} : double{a.area()} + b.area() - w * h);
  }

  const std::vector<EvalImage>& images_;
  const double smallest_, largest_;
  std::vector<std::pair<size_t, Detection>> ranked_;
};

// Whole-numbered boxes, so that float and double agree; overlaps near and far from the thresholds; equal scores.
std::vector<EvalImage> random_images(unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](int n) { return static_cast<float>(random() % static_cast<unsigned>(n)); };
  std::vector<EvalImage> images;
  for (int i = 0; i < 6; ++i) {
    EvalImage next = image({}, {});
    for (int o = 0; o < 5; ++o) {
      const float x = below(300), y = below(300), w = 8 + below(140), h = 8 + below(140);
      next.truth.objects.push_back(object({x, y, x + w, y + h}, "car", random() % 6 == 0));
      for (auto copies = random() % 3; copies > 0; --copies) {
        const float dx = below(12), dy = below(12);
        next.prediction.detections.push_back(
            detection({x + dx, y + dy, x + w + dx - below(6), y + h + dy}, "car", below(20) / 20));
      }
    }
    for (int d = 0; d < 2; ++d) {
      const float x = below(300), y = below(300);
      next.prediction.detections.push_back(
          detection({x, y, x + 8 + below(140), y + 8 + below(140)}, "car", below(20) / 20));
    }
    images.push_back(std::move(next));
  }
  return images;
}

TEST(Evaluate, AgreesWithTheDefinitionOnRandomData) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    const std::vector<EvalImage> images = random_images(seed);
    const EvalScores scores = evaluate(images, {{"car"}, 0.5f}).mean;
    EXPECT_NEAR(*scores.ap, Reference(images, 0, 1e10).mean_ap(), 1e-9) << seed;
    const auto expect_range = [&](const std::optional<double>& score, double smallest, double largest) {
      if (score) {
        EXPECT_NEAR(*score, Reference(images, smallest, largest).mean_ap(), 1e-9) << seed;
      }
    };
    expect_range(scores.ap_small, 0, 1024);
    expect_range(scores.ap_medium, 1024, 9216);
    expect_range(scores.ap_large, 9216, 1e10);
  }
}

}  // namespace
}  // namespace pretag
