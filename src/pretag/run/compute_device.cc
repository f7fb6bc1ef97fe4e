#include "pretag/run/compute_device.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "pretag/data/device.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

// What to open, one by one.
std::vector<std::string> choices_of(std::string_view device) {
  if (device == kCpuDevice) return {};
  if (device != kAutoDevice && device != kAllGpus) return split(device, ',');
  std::vector<std::string> choices;
  for (const GpuDevice& found : gpu_devices()) {
    if (found.is_gpu) choices.push_back(found.choice);
  }
  if (device == kAutoDevice) choices.resize(std::min<size_t>(choices.size(), 1));
  if (device == kAllGpus && choices.empty()) choices.emplace_back(kGpuDevice);  // whose error says that there is none
  return choices;
}

Error twice(std::string_view device, const std::string& choice) {
  return {ErrorCode::kInvalidArgument, fmt::format("device={}: {} is named twice", device, choice)};
}

}  // namespace

Result<Gpus> open_devices(std::string_view device) {
  Gpus gpus;
  for (const std::string& choice : choices_of(device)) {
    PRETAG_ASSIGN(auto gpu, Gpu::open(choice));
    const auto same = [&](const auto& other) { return other->device().choice == gpu->device().choice; };
    if (std::ranges::any_of(gpus, same)) return twice(device, choice);
    const GpuDevice& first = gpus.empty() ? gpu->device() : gpus.front()->device();
    if (gpu->device().name != first.name || gpu->device().driver != first.driver) {
      return Error{
          ErrorCode::kInvalidArgument,
          fmt::format("device={}: {} ({}) and {} ({}) are not of one kind, so results would depend on which of "
                      "them computes; give each its own run, or a shard of it",
                      device, first.choice, first.name, choice, gpu->device().name)};
    }
    gpus.push_back(std::move(gpu));
  }
  return gpus;
}

int threads_that_fill(const Gpus& gpus, int cores) {
  constexpr int kOnGpu = 4;
  const int count = static_cast<int>(gpus.size());
  return count == 0 ? cores : std::clamp(cores, count, kOnGpu * count);
}

}  // namespace pretag
