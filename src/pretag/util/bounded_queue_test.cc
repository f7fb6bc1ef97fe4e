#include "pretag/util/bounded_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <thread>
#include <vector>

namespace pretag {
namespace {

TEST(BoundedQueue, HandsEveryItemToExactlyOneConsumer) {
  constexpr int kItems = 2000;
  BoundedQueue<int> queue(7);
  std::atomic<int64_t> sum = 0;
  std::atomic<int> count = 0;
  {
    std::vector<std::jthread> consumers;
    for (int i = 0; i < 3; ++i) {
      consumers.emplace_back([&] {
        while (auto item = queue.pop()) sum += *item, ++count;
      });
    }
    std::vector<std::jthread> producers;
    for (int start = 0; start < 2; ++start) {
      producers.emplace_back([&, start] {
        for (int i = start; i < kItems; i += 2) EXPECT_TRUE(queue.push(i));
      });
    }
    producers.clear();
    queue.close();
  }
  EXPECT_EQ(count, kItems);
  EXPECT_EQ(sum, int64_t{kItems} * (kItems - 1) / 2);
}

TEST(BoundedQueue, AProducerWaitsForRoom) {
  BoundedQueue<int> queue(1);
  ASSERT_TRUE(queue.push(1));
  std::atomic<bool> pushed = false;
  std::jthread producer([&] { pushed = queue.push(2); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(pushed);
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), 2);
}

TEST(BoundedQueue, ClosingWakesAWaitingProducerAndDrainsWhatIsLeft) {
  BoundedQueue<int> queue(1);
  ASSERT_TRUE(queue.push(1));
  bool accepted = true;
  std::jthread producer([&] { accepted = queue.push(2); });
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  queue.close();
  producer.join();
  EXPECT_FALSE(accepted);
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), std::nullopt);
  EXPECT_FALSE(queue.push(3));
}

TEST(BoundedQueue, CountsWeightAndLetsAnItemHeavierThanItselfPassAlone) {
  BoundedQueue<int> queue(10, [](const int& item) { return static_cast<size_t>(item); });
  ASSERT_TRUE(queue.push(100));
  std::atomic<bool> pushed = false;
  std::jthread producer([&] { pushed = queue.push(4) && queue.push(6); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(pushed);
  EXPECT_EQ(queue.pop(), 100);
  producer.join();
  EXPECT_TRUE(pushed);  // 4 and 6 fit together
  EXPECT_EQ(queue.pop(), 4);
  EXPECT_EQ(queue.pop(), 6);
}

}  // namespace
}  // namespace pretag
