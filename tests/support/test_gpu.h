// A device for the tests: the first that OpenCL finds. PoCL makes one of the processor, so there is one everywhere.
#pragma once

#include <memory>

#include "pretag/gpu/gpu.h"

namespace pretag {

// Opened once a process. Ends the process with a message if there is none: scripts/install-dependencies --test installs
// PoCL.
std::shared_ptr<const Gpu> test_gpu();

}  // namespace pretag
