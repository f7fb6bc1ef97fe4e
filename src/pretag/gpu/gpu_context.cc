#include "pretag/gpu/gpu_context.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "pretag/gpu/gpu_layer.h"
#include "pretag/gpu/programs.h"
#include "pretag/nn/winograd_filters.h"

namespace pretag {
namespace {

// Of gemm.cl.
enum GemmFlags { kAddBias = 1, kAccumulate = 2, kRelu = 4 };

template <class T>
void set_argument(cl::Kernel& kernel, cl_uint index, const T& value) {
  kernel.setArg(index, value);
}
void set_argument(cl::Kernel& kernel, cl_uint index, const cl_mem& buffer) {
  kernel.setArg(index, sizeof(void*), &buffer);
}

constexpr size_t kItems = 64;  // of a group of a kernel in feature_ops.cl

size_t groups(size_t count, size_t size) { return (count + size - 1) / size; }

int out_side(const ConvolutionSpec& spec, int side) {
  return (side + 2 * spec.padding - spec.kernel) / spec.stride + 1;
}

struct WinogradTiles {
  int across, count;
};
WinogradTiles winograd_tiles(const GpuMap& map) {
  const int across = (map.width() + kWinogradTile - 1) / kWinogradTile;
  return {across, across * ((map.height() + kWinogradTile - 1) / kWinogradTile)};
}

// Its products are of matrices with a column a tile: with few of them the device's own tiles would be mostly empty, and
// the weights, four times as many, would be read for nothing.
bool suits_winograd(const ConvolutionSpec& spec, const GpuMap& in) {
  return spec.kernel == 3 && spec.stride == 1 && spec.padding == 1 && !spec.accumulate &&
         spec.in_channels % kGemmDepth == 0 && winograd_tiles(in).count >= kSmallEdge;
}

}  // namespace

// Kernels are made for each thread: arguments are set on them.
struct GpuContext::Queue {
  explicit Queue(const Gpu& gpu) : Queue(gpu.programs(), gpu.device().is_gpu) {}
  Queue(const Gpu::Programs& programs, bool is_gpu)
      : queue(programs.context, programs.device),
        one_by_one(!is_gpu),
        compute_units(programs.device.getInfo<CL_DEVICE_MAX_COMPUTE_UNITS>()),
        small_gemm(programs.small_tiles, "gemm"),
        large_gemm(programs.large_tiles, "gemm"),
        columns_of_patches(programs.feature_ops, "columns_of_patches"),
        winograd_patches(programs.feature_ops, "winograd_patches"),
        winograd_map(programs.feature_ops, "winograd_map"),
        max_pool_3x3_stride_2(programs.feature_ops, "max_pool_3x3_stride_2"),
        nearest(programs.feature_ops, "nearest"),
        roi_align(programs.feature_ops, "roi_align") {}

  template <class... Arguments>
  void run(cl::Kernel& kernel, const cl::NDRange& global, const cl::NDRange& group, const Arguments&... arguments) {
    in_opencl([&] {
      cl_uint index = 0;
      (set_argument(kernel, index++, arguments), ...);
      // PoCL 3.1, which makes devices of processors, loses count of a kernel's users when it computes sizes of it that
      // differ at the same time, and ends the process.
      static std::mutex one_kernel;
      const auto alone = one_by_one ? std::unique_lock(one_kernel) : std::unique_lock<std::mutex>();
      queue.enqueueNDRangeKernel(kernel, cl::NullRange, global, group);
      if (one_by_one) queue.finish();
    });
  }
  // An item for each of `across` x `down` elements: kernels check that they are inside.
  template <class... Arguments>
  void run_over(cl::Kernel& kernel, size_t across, size_t down, const Arguments&... arguments) {
    run(kernel, {groups(across, kItems) * kItems, down}, {kItems, 1}, arguments...);
  }

  // Until all that was enqueued is done. Drivers wait by asking again and again, which would take a core from those
  // that decode images.
  void wait() {
    cl::Event done;
    queue.enqueueMarkerWithWaitList(nullptr, &done);
    queue.flush();
    constexpr auto kNap = std::chrono::microseconds(50);
    for (;;) {
      const cl_int state = done.getInfo<CL_EVENT_COMMAND_EXECUTION_STATUS>();
      if (state == CL_COMPLETE) return;
      if (state < 0) throw gpu_error("the work in its queue", state);
      std::this_thread::sleep_for(kNap);
    }
  }

  cl::CommandQueue queue;
  bool one_by_one;  // one kernel of the whole process at a time
  cl_uint compute_units;
  cl::Kernel small_gemm, large_gemm;
  cl::Kernel columns_of_patches, winograd_patches, winograd_map;
  cl::Kernel max_pool_3x3_stride_2, nearest, roi_align;
};

GpuContext::GpuContext(std::shared_ptr<GpuWeights> weights, size_t arena_bytes)
    : weights_(std::move(weights)),
      queue_(in_opencl([&] { return std::make_unique<Queue>(*weights_->gpu()); })),
      memory_(weights_->gpu(), [this] { in_opencl([&] { queue_->wait(); }); }),
      arena_(arena_bytes) {}

GpuContext::~GpuContext() = default;

GpuMap GpuContext::to_device(const Tensor& tensor) {
  GpuMap map(memory_, tensor.channels(), tensor.height(), tensor.width());
  write(tensor.data(), map);
  return map;
}

// All of the map's bytes; they may go when this returns.
void GpuContext::write(const void* values, GpuMap& map) {
  const int error = clEnqueueWriteBuffer(queue_->queue(), map.buffer(), CL_TRUE, 0, map.count() * sizeof(float), values,
                                         0, nullptr, nullptr);
  if (error != CL_SUCCESS) throw gpu_error("clEnqueueWriteBuffer", error);
}

Tensor GpuContext::to_host(const GpuMap& map) {
  in_opencl([&] { queue_->wait(); });
  Tensor tensor(arena_, {ElementType::kFloat32, 1}, map.channels(), map.height(), map.width());
  const int error = clEnqueueReadBuffer(queue_->queue(), map.buffer(), CL_TRUE, 0, map.count() * sizeof(float),
                                        tensor.data(), 0, nullptr, nullptr);
  if (error != CL_SUCCESS) throw gpu_error("clEnqueueReadBuffer", error);
  return tensor;
}

GpuMap GpuContext::convolve(const Convolution& convolution, const GpuMap& in) {
  const ConvolutionSpec& spec = convolution.spec();
  GpuMap out(memory_, spec.out_channels, out_side(spec, in.height()), out_side(spec, in.width()));
  convolve(convolution, in, out);
  return out;
}

void GpuContext::convolve(const Convolution& convolution, const GpuMap& in, GpuMap& out) {
  if (profile_ == nullptr) {
    compute(convolution, in, out);
    return;
  }
  using Clock = std::chrono::steady_clock;
  in_opencl([&] { queue_->queue.finish(); });
  const Clock::time_point start = Clock::now();
  const char* implementation = compute(convolution, in, out);
  in_opencl([&] { queue_->queue.finish(); });
  profile_->convolved({.spec = convolution.spec(),
                       .implementation = implementation,
                       .multiplications = multiplications(convolution.spec(), out.height(), out.width()),
                       .seconds = std::chrono::duration<double>(Clock::now() - start).count()});
}

// Returns the name of the way that was taken.
const char* GpuContext::compute(const Convolution& convolution, const GpuMap& in, GpuMap& out) {
  const ConvolutionSpec& spec = convolution.spec();
  if (suits_winograd(spec, in)) {
    convolve_by_winograd(convolution, in, out);
    return "winograd";
  }
  const GpuWeights::Layer& layer = weights_->of(convolution, GpuWeights::Layout::kPlain);
  const int flags = kAddBias | (spec.accumulate ? kAccumulate : 0) | (spec.relu ? kRelu : 0);
  const bool is_product = spec.kernel == 1 && spec.stride == 1 && spec.padding == 0 && layer.depth == in.channels();
  if (is_product) {
    multiply(layer, in, out, 1, flags);
    return "product";
  }
  multiply(layer, patches(spec, in, out, layer.depth), out, 1, flags);
  return "patches";
}

// `in` and `out` are `matrices` matrices with a column a cell, one after the other.
void GpuContext::multiply(const GpuWeights::Layer& layer, const GpuMap& in, GpuMap& out, int matrices, int flags) {
  const size_t columns = out.cells(), rows = layer.rows;
  // Large tiles read less, small ones occupy more of the device. Which one it is changes no bit of the result.
  const size_t large = groups(columns, kLargeEdge) * groups(rows, kLargeEdge) * matrices;
  const bool use_large = rows > kSmallEdge && columns > kSmallEdge && large >= 2 * size_t{queue_->compute_units};
  const size_t edge = use_large ? kLargeEdge : kSmallEdge;
  queue_->run(use_large ? queue_->large_gemm : queue_->small_gemm,
              {groups(columns, edge) * kGemmSide, groups(rows, edge) * kGemmSide, static_cast<size_t>(matrices)},
              {kGemmSide, kGemmSide, 1}, layer.weights, in.buffer(), layer.bias, out.buffer(), layer.rows,
              static_cast<int>(columns), layer.depth, layer.padded_rows, flags);
}

void GpuContext::convolve_by_winograd(const Convolution& convolution, const GpuMap& in, GpuMap& out) {
  const ConvolutionSpec& spec = convolution.spec();
  const GpuWeights::Layer& layer = weights_->of(convolution, GpuWeights::Layout::kWinograd);
  const WinogradTiles tiles = winograd_tiles(in);
  GpuMap transformed(memory_, in.channels() * kWinogradPlaces, 1, tiles.count);
  queue_->run_over(queue_->winograd_patches, tiles.count, in.channels(), in.buffer(), transformed.buffer(),
                   in.channels(), in.height(), in.width(), tiles.across, tiles.count);
  GpuMap products(memory_, out.channels() * kWinogradPlaces, 1, tiles.count);
  multiply(layer, transformed, products, kWinogradPlaces, 0);
  queue_->run_over(queue_->winograd_map, tiles.count, out.channels(), products.buffer(), layer.bias, out.buffer(),
                   out.channels(), out.height(), out.width(), tiles.across, tiles.count, spec.relu ? 1 : 0);
}

GpuMap GpuContext::patches(const ConvolutionSpec& spec, const GpuMap& in, const GpuMap& out, int depth) {
  GpuMap columns(memory_, depth, out.height(), out.width());
  queue_->run_over(queue_->columns_of_patches, out.cells(), depth, in.buffer(), columns.buffer(), in.channels(),
                   in.height(), in.width(), out.height(), out.width(), spec.kernel, spec.stride, spec.padding, depth);
  return columns;
}

GpuMap GpuContext::max_pool_3x3_stride_2(const GpuMap& in) {
  GpuMap out(memory_, in.channels(), (in.height() + 1) / 2, (in.width() + 1) / 2);
  queue_->run_over(queue_->max_pool_3x3_stride_2, out.cells(), out.channels(), in.buffer(), out.buffer(), in.channels(),
                   in.height(), in.width(), out.height(), out.width());
  return out;
}

GpuMap GpuContext::nearest(const GpuMap& in, int height, int width, float step_y, float step_x) {
  GpuMap out(memory_, in.channels(), height, width);
  queue_->run_over(queue_->nearest, out.cells(), out.channels(), in.buffer(), out.buffer(), in.channels(), in.height(),
                   in.width(), height, width, step_y, step_x);
  return out;
}

GpuMap GpuContext::subsample_2(const GpuMap& in) {
  return nearest(in, (in.height() + 1) / 2, (in.width() + 1) / 2, 2, 2);
}

GpuMap GpuContext::upsample_nearest(const GpuMap& in, int height, int width) {
  return nearest(in, height, width, static_cast<float>(in.height()) / static_cast<float>(height),
                 static_cast<float>(in.width()) / static_cast<float>(width));
}

GpuMap GpuContext::roi_align(std::span<const GpuMap* const> levels, std::span<const float> scales,
                             std::span<const Roi> rois, int width) {
  const int channels = levels[0]->channels();
  GpuMap out(memory_, channels * kRoiSize * kRoiSize, 1, width);
  for (size_t level = 0; level < levels.size(); ++level) {
    std::vector<cl_float4> boxes;
    std::vector<cl_int> columns;
    for (size_t i = 0; i < rois.size(); ++i) {
      const Roi& roi = rois[i];
      if (roi.level != static_cast<int>(level)) continue;
      boxes.push_back({{roi.x1, roi.y1, roi.x2, roi.y2}});
      columns.push_back(static_cast<cl_int>(i));
    }
    if (boxes.empty()) continue;
    const int count = static_cast<int>(boxes.size());
    const GpuMap& map = *levels[level];
    GpuMap gpu_boxes(memory_, 4, 1, count), gpu_columns(memory_, 1, 1, count);
    static_assert(sizeof(cl_int) == sizeof(float));
    write(boxes.data(), gpu_boxes);
    write(columns.data(), gpu_columns);
    queue_->run_over(queue_->roi_align, static_cast<size_t>(out.channels()), boxes.size(), map.buffer(),
                     gpu_boxes.buffer(), gpu_columns.buffer(), out.buffer(), channels, map.height(), map.width(),
                     scales[level], kRoiSize, kRoiSamples, count, width);
  }
  return out;
}

void GpuContext::lap(std::string_view stage) {
  if (profile_ == nullptr) return;
  in_opencl([&] { queue_->queue.finish(); });
  profile_->lap(stage);
}

}  // namespace pretag
