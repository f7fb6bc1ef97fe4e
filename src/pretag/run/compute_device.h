// From device= of the configuration to what computes.
#pragma once

#include <string_view>

#include "pretag/gpu/gpu.h"

namespace pretag {

// `device` is as data/device.h has it. None: the processor. Fails as Gpu::open() does; kInvalidArgument for devices
// that differ, as the last bit of a result would hang on which of them computed it.
Result<Gpus> open_devices(std::string_view device);

// How many images are best computed at the same time: one a core, or a few on each GPU, as each takes some of its
// memory.
int threads_that_fill(const Gpus& gpus, int cores);

}  // namespace pretag
