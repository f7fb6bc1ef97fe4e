#include "pretag/cli/shard_option.h"

#include <fmt/format.h>

#include <array>

#include "pretag/util/number.h"

namespace pretag {
namespace {

// A scheduler's environment variables, as their documentation has them. Null: it has none.
struct Scheduler {
  const char* name;
  const char* index;  // of this task
  const char* first;  // index of the array's first task; where there is no such variable, tasks count from 0
  const char* count;  // of tasks
};

constexpr std::array kSchedulers = {
    Scheduler{"Slurm", "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_COUNT"},
    Scheduler{"AWS Batch", "AWS_BATCH_JOB_ARRAY_INDEX", nullptr, "AWS_BATCH_JOB_ARRAY_SIZE"},
    Scheduler{"Google Cloud Batch", "BATCH_TASK_INDEX", nullptr, "BATCH_TASK_COUNT"},
    Scheduler{"Kubernetes", "JOB_COMPLETION_INDEX", nullptr, nullptr},
};

Error invalid(const std::string& message) { return {ErrorCode::kInvalidArgument, "--shard: " + message}; }

const Scheduler* scheduler_here(const EnvironmentLookup& get) {
  for (const Scheduler& scheduler : kSchedulers) {
    if (get(scheduler.index)) return &scheduler;
  }
  return nullptr;
}

Result<int> number_in(const char* variable, const EnvironmentLookup& get) {
  const std::string text = get(variable).value_or("");
  if (const auto number = read_number<int>(text)) return *number;
  return invalid(fmt::format("{} must be a number, and is '{}'", variable, text));
}

// `count` is that of the option, 0 if it leaves it to the scheduler.
Result<Shard> shard_of_task(int count, const EnvironmentLookup& get) {
  const Scheduler* scheduler = scheduler_here(get);
  if (scheduler == nullptr) {
    return invalid(
        "auto is for a task of an array of Slurm, Kubernetes, AWS Batch or Google Cloud Batch, and this is none; write "
        "3/8 for the third of eight");
  }
  PRETAG_ASSIGN(const int index, number_in(scheduler->index, get));
  int first = 0;
  if (scheduler->first != nullptr) {
    PRETAG_ASSIGN(first, number_in(scheduler->first, get));
  }
  if (scheduler->count != nullptr && get(scheduler->count)) {
    PRETAG_ASSIGN(const int tasks, number_in(scheduler->count, get));
    if (count != 0 && count != tasks) {
      return invalid(
          fmt::format("auto/{} is not for an array of {} tasks; leave the number away, or write which shard this is, "
                      "such as 3/{}",
                      count, tasks, count));
    }
    count = tasks;
  }
  if (count == 0) {
    return invalid(fmt::format("{} does not say how many tasks there are; write auto/8 for eight", scheduler->name));
  }
  const int number = index - first + 1;
  if (number >= 1 && number <= count && count <= kMostShards) return Shard{number, count};
  return invalid(
      fmt::format("task {} of {} is none of {} that follow one another from {}; write which shard it is, such as 3/8",
                  index, scheduler->name, count, first));
}

}  // namespace

Result<Shard> shard_of_option(const std::string& text, const EnvironmentLookup& get) {
  if (text == "auto") return shard_of_task(0, get);
  if (text.starts_with("auto/")) {
    const auto first = parse_shard("1" + text.substr(4));
    if (!first) return invalid(fmt::format("'{}': write auto/8 for eight tasks", text));
    return shard_of_task(first->count, get);
  }
  const auto shard = parse_shard(text);
  if (!shard) return shard.error().in("--shard");
  return *shard;
}

std::optional<std::string> array_scheduler(const EnvironmentLookup& get) {
  const Scheduler* scheduler = scheduler_here(get);
  if (scheduler == nullptr) return std::nullopt;
  const bool is_alone = scheduler->count != nullptr && get(scheduler->count) == "1";
  return is_alone ? std::nullopt : std::optional<std::string>(scheduler->name);
}

}  // namespace pretag
