#include "pretag/gpu/gpu.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "pretag/gpu/gpu_error.h"
#include "pretag/gpu/programs.h"
#include "pretag/util/strings.h"

namespace pretag {

extern const std::string_view kGemmSource, kFeatureOpsSource;

namespace {

struct FoundDevice {
  GpuDevice about;
  cl::Device device;
};

GpuDevice describe(const cl::Device& device) {
  // Strings of drivers are padded, and may hold their terminating zero.
  const auto text = [](std::string value) {
    value.resize(std::min(value.size(), value.find('\0')));
    return std::string(trim(value));
  };
  return {.choice = "",
          .name = text(device.getInfo<CL_DEVICE_NAME>()),
          .maker = text(device.getInfo<CL_DEVICE_VENDOR>()),
          .driver = text(device.getInfo<CL_DRIVER_VERSION>()),
          .compute_units = static_cast<int>(device.getInfo<CL_DEVICE_MAX_COMPUTE_UNITS>()),
          .memory_bytes = device.getInfo<CL_DEVICE_GLOBAL_MEM_SIZE>(),
          .is_gpu = (device.getInfo<CL_DEVICE_TYPE>() & CL_DEVICE_TYPE_GPU) != 0};
}

// Mesa's older driver, for one, is of OpenCL 1.1, and its cards may be there a second time, by a newer one.
bool is_usable(const cl::Device& device) {
  int major = 0, minor = 0;
  const std::string version = device.getInfo<CL_DEVICE_VERSION>();  // "OpenCL 1.2 ..."
  if (std::sscanf(version.c_str(), "OpenCL %d.%d", &major, &minor) != 2) return false;
  const bool is_new_enough = major > 1 || (major == 1 && minor >= 2);
  return is_new_enough && device.getInfo<CL_DEVICE_AVAILABLE>() && device.getInfo<CL_DEVICE_COMPILER_AVAILABLE>();
}

// A driver that fails when asked is as good as none.
std::vector<FoundDevice> find_devices() {
  std::vector<FoundDevice> found;
  std::vector<cl::Platform> platforms;
  try {
    cl::Platform::get(&platforms);
  } catch (const cl::Error&) {
    return {};
  }
  int gpus = 0, others = 0;
  for (const cl::Platform& platform : platforms) {
    try {
      std::vector<cl::Device> devices;
      platform.getDevices(CL_DEVICE_TYPE_ALL, &devices);
      for (const cl::Device& device : devices) {
        if (!is_usable(device)) continue;
        GpuDevice about = describe(device);
        about.choice = about.is_gpu ? fmt::format("gpu:{}", gpus++) : fmt::format("opencl:{}", others++);
        found.push_back({std::move(about), device});
      }
    } catch (const cl::Error&) {
      continue;
    }
  }
  return found;
}

Error no_such_device(std::string_view choice, const std::vector<FoundDevice>& devices) {
  if (devices.empty()) {
    return {ErrorCode::kDevice,
            fmt::format("device={}: OpenCL finds no device; install the GPU's OpenCL driver (docs/gpu.md), or compute "
                        "with device=cpu",
                        choice)};
  }
  std::vector<std::string> names;
  names.reserve(devices.size());
  for (const FoundDevice& found : devices)
    names.push_back(fmt::format("{} ({})", found.about.choice, found.about.name));
  return {ErrorCode::kDevice,
          fmt::format("device={}: OpenCL finds no such device; it finds {}", choice, fmt::join(names, ", "))};
}

// What gemm.cl needs: groups of 256 work-items and 16 KiB that they share.
Status check(const cl::Device& device) {
  const size_t items = device.getInfo<CL_DEVICE_MAX_WORK_GROUP_SIZE>();
  const cl_ulong local = device.getInfo<CL_DEVICE_LOCAL_MEM_SIZE>();
  if (items >= size_t{kGemmSide} * kGemmSide && local >= size_t{2} * kGemmDepth * kLargeEdge * sizeof(float)) return {};
  return Error{ErrorCode::kUnsupported, "is too small a device: it needs groups of 256 work-items with 16 KiB each"};
}

cl::Program build(const cl::Context& context, std::string_view source, const std::string& options) {
  cl::Program program(context, std::string(source));
  program.build(("-cl-std=CL1.2 -cl-denorms-are-zero " + options).c_str());
  return program;
}

std::unique_ptr<const Gpu::Programs> compile(const cl::Device& device) {
  const cl::Context context(device);
  const auto tiles = [](int tile) { return fmt::format("-DTILE={}", tile); };
  return std::make_unique<const Gpu::Programs>(
      Gpu::Programs{.context = context,
                    .device = device,
                    .small_tiles = build(context, kGemmSource, tiles(kSmallTile)),
                    .large_tiles = build(context, kGemmSource, tiles(kLargeTile)),
                    .feature_ops = build(context, kFeatureOpsSource, ""),
                    .largest_buffer = device.getInfo<CL_DEVICE_MAX_MEM_ALLOC_SIZE>()});
}

}  // namespace

std::vector<GpuDevice> gpu_devices() {
  std::vector<GpuDevice> devices;
  for (FoundDevice& found : find_devices()) devices.push_back(std::move(found.about));
  return devices;
}

std::string names_of(const Gpus& gpus) {
  const std::string& name = gpus.front()->device().name;
  return gpus.size() == 1 ? name : fmt::format("{} × {}", gpus.size(), name);
}

Gpu::Gpu(GpuDevice device, std::unique_ptr<const Programs> programs)
    : device_(std::move(device)), programs_(std::move(programs)) {}
Gpu::~Gpu() = default;

Result<std::shared_ptr<const Gpu>> Gpu::open(std::string_view choice) {
  std::vector<FoundDevice> devices = find_devices();
  const std::string_view wanted = choice == "gpu" ? "gpu:0" : choice;
  const auto found =
      std::ranges::find(devices, wanted, [](const FoundDevice& d) -> std::string_view { return d.about.choice; });
  if (found == devices.end()) return no_such_device(choice, devices);
  const std::string who = fmt::format("device={} ({})", choice, found->about.name);
  try {
    if (const Status fit = check(found->device); !fit) return fit.error().in(who);
    return std::shared_ptr<const Gpu>(new Gpu(found->about, compile(found->device)));
  } catch (const cl::BuildError& error) {
    const auto logs = error.getBuildLog();
    return Error{ErrorCode::kUnsupported,
                 fmt::format("{}: its driver {} cannot compile our programs: {}", who, found->about.driver,
                             logs.empty() ? "" : one_line(logs.front().second, 300))};
  } catch (const cl::Error& error) {
    return gpu_error(error.what(), error.err()).error().in(who);
  }
}

}  // namespace pretag
