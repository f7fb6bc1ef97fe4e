#include "pretag/run/compute_device.h"

#include <algorithm>
#include <vector>

#include "pretag/data/device.h"

namespace pretag {

Result<std::shared_ptr<const Gpu>> open_device(std::string_view device) {
  const std::shared_ptr<const Gpu> processor;
  if (device == kCpuDevice) return processor;
  if (device != kAutoDevice) return Gpu::open(device);
  const std::vector<GpuDevice> devices = gpu_devices();
  return std::ranges::any_of(devices, &GpuDevice::is_gpu) ? Gpu::open(kGpuDevice) : processor;
}

}  // namespace pretag
