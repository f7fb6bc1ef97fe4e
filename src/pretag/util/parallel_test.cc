#include "pretag/util/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <vector>

namespace pretag {
namespace {

TEST(ForEachIndex, CallsEachOnce) {
  for (const size_t threads : {size_t{1}, size_t{4}, size_t{100}}) {
    std::vector<std::atomic<int>> calls(50);
    ASSERT_TRUE(for_each_index(calls.size(), threads, [&](size_t i) { return ++calls[i], Status(); }).ok());
    for (const auto& count : calls) EXPECT_EQ(count, 1);
  }
  EXPECT_TRUE(for_each_index(0, 4, [](size_t) -> Status { return Error{ErrorCode::kIo, "called"}; }).ok());
}

TEST(ForEachIndex, WorksAtOnce) {
  std::latch all(4);
  EXPECT_TRUE(for_each_index(4, 4, [&](size_t) { return all.arrive_and_wait(), Status(); }).ok());
}

TEST(ForEachIndex, EndsAfterAnError) {
  std::atomic<size_t> calls = 0;
  const Status status = for_each_index(100'000, 4, [&](size_t i) -> Status {
    ++calls;
    return i == 10 ? Status(Error{ErrorCode::kIo, "the tenth"}) : Status();
  });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "the tenth");
  EXPECT_LT(calls, 100'000u);
}

}  // namespace
}  // namespace pretag
