#include "support/test_gpu.h"

#include <cstdio>
#include <cstdlib>

namespace pretag {

std::shared_ptr<const Gpu> test_gpu() {
  static const std::shared_ptr<const Gpu> gpu = [] {
    const std::vector<GpuDevice> devices = gpu_devices();
    auto opened = Gpu::open(devices.empty() ? "gpu" : devices.front().choice);
    if (!opened) {
      std::fprintf(stderr, "%s; for tests, PoCL will do: scripts/install-dependencies --test\n",
                   opened.error().message.c_str());
      std::exit(1);
    }
    return *opened;
  }();
  return gpu;
}

}  // namespace pretag
