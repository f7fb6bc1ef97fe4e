// Environment variables as something that can be handed in: only the command line reads the real ones.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace pretag {

// The value of a variable; nothing where it is not set.
using EnvironmentLookup = std::function<std::optional<std::string>(const char* name)>;

}  // namespace pretag
