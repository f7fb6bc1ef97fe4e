// --shard of pretag run, and what schedulers say in the environment of a task of an array.
#pragma once

#include <optional>
#include <string>

#include "pretag/source/shard.h"
#include "pretag/util/environment.h"
#include "pretag/util/result.h"

namespace pretag {

// "3/8"; "auto": as the scheduler says, or "auto/8" where it does not say how many tasks there are. kInvalidArgument
// says what is wrong or missing.
Result<Shard> shard_of_option(const std::string& text, const EnvironmentLookup& get);

// The scheduler whose array this is a task of, for people: "Slurm"; nothing outside of one.
std::optional<std::string> array_scheduler(const EnvironmentLookup& get);

}  // namespace pretag
