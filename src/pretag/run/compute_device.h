// From device= of the configuration to what computes.
#pragma once

#include <string_view>

#include "pretag/gpu/gpu.h"

namespace pretag {

// `device` is as data/device.h has it. None: the processor. Fails as Gpu::open() does; kInvalidArgument for devices
// that differ, as the last bit of a result would hang on which of them computed it.
Result<Gpus> open_devices(std::string_view device);

}  // namespace pretag
