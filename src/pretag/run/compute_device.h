// From device= of the configuration to what computes.
#pragma once

#include <memory>
#include <string_view>

#include "pretag/gpu/gpu.h"

namespace pretag {

// `device` is as data/device.h has it. Null: the processor. Fails as Gpu::open() does.
Result<std::shared_ptr<const Gpu>> open_device(std::string_view device);

}  // namespace pretag
