// Environment variables as something that can be handed in: only the command line reads the real ones.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "pretag/util/result.h"

namespace pretag {

// The value of a variable; nothing where it is not set.
using EnvironmentLookup = std::function<std::optional<std::string>(const char* name)>;

// Whether a variable says YES, TRUE or 1, in any case.
bool is_yes(const std::string& value);

// The address of a service without a '/' at its end; kInvalidArgument for what is no http address. Empty stays empty.
Result<std::string> checked_endpoint(const char* variable, std::string endpoint);

}  // namespace pretag
