#include "pretag/cli/shard_option.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace pretag {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Environment = std::map<std::string, std::string>;

Result<Shard> shard(const std::string& option, const Environment& environment) {
  return shard_of_option(option, [&](const char* name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  });
}

std::string fault(const std::string& option, const Environment& environment) {
  const auto result = shard(option, environment);
  if (result) return "no error: " + result->text();
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
  return result.error().message;
}

Environment slurm(const std::string& id, const std::string& least, const std::string& count) {
  return {{"SLURM_ARRAY_TASK_ID", id}, {"SLURM_ARRAY_TASK_MIN", least}, {"SLURM_ARRAY_TASK_COUNT", count}};
}

void expect_shard(const Result<Shard>& result, int number, int count) {
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(*result, (Shard{number, count}));
}

TEST(ShardOption, IsWhatWasWritten) {
  expect_shard(shard("3/8", {}), 3, 8);
  expect_shard(shard("3/8", slurm("5", "0", "10")), 3, 8);
  EXPECT_THAT(fault("", slurm("5", "0", "10")), HasSubstr("--shard"));
  EXPECT_THAT(fault("9/8", {}), AllOf(HasSubstr("--shard"), HasSubstr("'9/8'")));
}

TEST(ShardOption, FollowsTheScheduler) {
  expect_shard(shard("auto", slurm("0", "0", "8")), 1, 8);
  expect_shard(shard("auto", slurm("8", "1", "8")), 8, 8);
  expect_shard(shard("auto/8", slurm("8", "1", "8")), 8, 8);
  expect_shard(shard("auto", {{"AWS_BATCH_JOB_ARRAY_INDEX", "2"}, {"AWS_BATCH_JOB_ARRAY_SIZE", "5"}}), 3, 5);
  expect_shard(shard("auto", {{"BATCH_TASK_INDEX", "4"}, {"BATCH_TASK_COUNT", "5"}}), 5, 5);
  expect_shard(shard("auto/6", {{"JOB_COMPLETION_INDEX", "0"}}), 1, 6);
  expect_shard(shard("auto/6", {{"AWS_BATCH_JOB_ARRAY_INDEX", "2"}}), 3, 6);  // of before the size was told
}

TEST(ShardOption, SaysWhatTheSchedulerDoesNot) {
  EXPECT_THAT(fault("auto", {}), HasSubstr("write 3/8"));
  EXPECT_THAT(fault("auto", {{"JOB_COMPLETION_INDEX", "0"}}),
              AllOf(HasSubstr("Kubernetes does not say how many"), HasSubstr("auto/8")));
  EXPECT_THAT(fault("auto/6", {{"JOB_COMPLETION_INDEX", "6"}}), HasSubstr("task 6 of Kubernetes"));
  EXPECT_THAT(fault("auto/6", slurm("0", "0", "8")), HasSubstr("an array of 8 tasks"));
  EXPECT_THAT(fault("auto/", {}), HasSubstr("auto/8"));
  EXPECT_THAT(fault("automatic", {}), HasSubstr("'automatic'"));
  EXPECT_THAT(fault("auto", slurm("x", "0", "8")), HasSubstr("SLURM_ARRAY_TASK_ID must be a number, and is 'x'"));
  EXPECT_THAT(fault("auto", {{"SLURM_ARRAY_TASK_ID", "1"}}), HasSubstr("SLURM_ARRAY_TASK_MIN must be a number"));
}

// Such as --array=3,7 to do two shards of eight again: they would be taken for all there are.
TEST(ShardOption, RefusesAnArrayWithGaps) {
  EXPECT_THAT(fault("auto", slurm("7", "3", "2")), HasSubstr("task 7 of Slurm is none of 2 that follow one another"));
}

TEST(ShardOption, KnowsTheScheduler) {
  const auto none = [](const char*) { return std::optional<std::string>(); };
  EXPECT_EQ(array_scheduler(none), std::nullopt);
  const auto kubernetes = [](const char* name) {
    return std::string_view(name) == "JOB_COMPLETION_INDEX" ? std::optional<std::string>("0") : std::nullopt;
  };
  EXPECT_EQ(array_scheduler(kubernetes), "Kubernetes");
  const auto alone = [](const char* name) {
    const std::string_view variable = name;
    return variable == "BATCH_TASK_INDEX"   ? std::optional<std::string>("0")
           : variable == "BATCH_TASK_COUNT" ? std::optional<std::string>("1")
                                            : std::nullopt;
  };
  EXPECT_EQ(array_scheduler(alone), std::nullopt);
}

}  // namespace
}  // namespace pretag
