// A device that computes beside the processor: any that OpenCL 1.2 offers, of whatever maker.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/util/result.h"

namespace pretag {

struct GpuDevice {
  std::string choice = {};            // what device= takes for it: gpu:0, gpu:1 …, or opencl:0 … for what is no GPU
  std::string name = {}, maker = {};  // as the driver has them
  std::string driver = {};            // its version
  int compute_units = 0;
  uint64_t memory_bytes = 0;  // the device's, or the machine's where they share it
  bool is_gpu = false;        // else a processor or something else that OpenCL can use
};

// All that OpenCL finds and that can compile our programs, platform by platform, in the order of its drivers. Empty
// without a driver.
std::vector<GpuDevice> gpu_devices();

// A device with the programs for it compiled. Immutable; any number of threads may share it.
class Gpu {
 public:
  // `choice`: "gpu" (the first one), or the `choice` of a device. kDevice says which there are, or that it
  // cannot be had; kUnsupported if it cannot run our programs, or its driver cannot compile them.
  static Result<std::shared_ptr<const Gpu>> open(std::string_view choice);
  ~Gpu();

  const GpuDevice& device() const { return device_; }

  struct Programs;  // OpenCL's objects, for this layer
  const Programs& programs() const { return *programs_; }

 private:
  Gpu(GpuDevice device, std::unique_ptr<const Programs> programs);
  GpuDevice device_;
  std::unique_ptr<const Programs> programs_;
};

// Devices of one kind that share the images of a run; none: the processor computes.
using Gpus = std::vector<std::shared_ptr<const Gpu>>;

// "A Card", "2 × A Card".
std::string names_of(const Gpus& gpus);

}  // namespace pretag
