// Which of the machine's cores a thread may run on.
#pragma once

#include <vector>

namespace pretag {

// Numbers of the cores that the calling thread may run on, ascending; empty if the system does not say.
std::vector<int> allowed_cores();

// Keeps the calling thread, and the threads that it will start, on these cores. False, and nothing has changed, if none
// of them is there and allowed.
bool allow_cores(const std::vector<int>& cores);

}  // namespace pretag
