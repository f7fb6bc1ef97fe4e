// What the network computes on. The network is written once, and compiled for either.
#pragma once

#include <concepts>

#include "pretag/gpu/gpu_context.h"
#include "pretag/nn/compute_context.h"

namespace pretag {

// A ComputeContext, which is the processor, or a GpuContext. Its feature maps are of the type Map; both have the same
// operators.
template <class T>
concept NetworkContext = std::same_as<T, ComputeContext> || std::same_as<T, GpuContext>;

}  // namespace pretag
