// Where a worker says what it does, for whoever started it.
#pragma once

#include <functional>
#include <string>

namespace pretag {

// One line; called from any thread of the worker.
using WorkerLog = std::function<void(const std::string& line)>;

}  // namespace pretag
