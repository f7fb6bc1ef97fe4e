#include "pretag/nn/compute_context.h"

#include <omp.h>

#include <chrono>
#include <cstring>
#include <list>
#include <map>
#include <new>
#include <tuple>

#include "pretag/nn/feature_ops.h"
#include "pretag/nn/onednn.h"
#include "pretag/nn/wide_convolution.h"
#include "pretag/nn/winograd.h"
#include "pretag/util/multiversion.h"

namespace pretag {
namespace {

// A convolution compiled for one input size.
struct CompiledConvolution {
  dnnl::convolution_forward::primitive_desc desc;
  dnnl::convolution_forward primitive;
  std::shared_ptr<const Convolution::Packed::Layout> weights;
};

int output_size(const ConvolutionSpec& spec, int size) {
  return (size + 2 * spec.padding - spec.kernel) / spec.stride + 1;
}

dnnl::convolution_forward::primitive_desc describe(const Convolution& convolution, int height, int width,
                                                   dnnl::algorithm algorithm) {
  using Memory = dnnl::memory;
  const ConvolutionSpec& spec = convolution.computed();
  dnnl::post_ops post_ops;
  if (spec.accumulate) post_ops.append_sum(spec.addend.scale / spec.out.scale, 0, onednn_type(spec.addend.type));
  if (spec.relu) post_ops.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(post_ops);
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const bool quantized = spec.in.is_quantized();
  if (quantized) attributes.set_output_scales(/*a channel each*/ 1 << 1, convolution.packed().output_scales());
  const Memory::desc weights({spec.out_channels, spec.in_channels, spec.kernel, spec.kernel},
                             quantized ? Memory::data_type::s8 : onednn_type(spec.in.type), Memory::format_tag::any);
  // A shifted input brings its padding along.
  const bool shifted = is_shifted(spec);
  const int border = shifted ? spec.padding : 0, padding = shifted ? 0 : spec.padding;
  const ComputeFormat in = shifted ? ComputeFormat{ElementType::kUInt8, 0} : spec.in;
  const Memory::desc bias({spec.out_channels}, Memory::data_type::f32, Memory::format_tag::x);
  return {{dnnl::prop_kind::forward_inference,
           algorithm,
           onednn_desc(in, spec.in_channels, height + 2 * border, width + 2 * border),
           weights,
           bias,
           onednn_desc(spec.out, spec.out_channels, output_size(spec, height), output_size(spec, width)),
           {spec.stride, spec.stride},
           {padding, padding},
           {padding, padding}},
          attributes,
          cpu_engine()};
}

PRETAG_MULTIVERSION void shift(const uint8_t* from, size_t count, uint8_t* to) {
  for (size_t i = 0; i < count; ++i) to[i] = from[i] ^ kSignedShift;  // adds it, in two's complement
}

// nhwc; see kSignedShift.
Tensor shifted_copy(Arena& arena, const Tensor& in, int border) {
  Tensor out(arena, {ElementType::kUInt8, 0}, in.channels(), in.height() + 2 * border, in.width() + 2 * border);
  const size_t row = static_cast<size_t>(in.width()) * in.channels(),
               edge = static_cast<size_t>(border) * in.channels();
  const size_t whole_rows = static_cast<size_t>(border) * (row + 2 * edge);
  uint8_t* to = out.as<uint8_t>();
  const auto fill = [&](size_t count) {
    std::memset(to, kSignedShift, count);
    to += count;
  };
  fill(whole_rows);
  for (int y = 0; y < in.height(); ++y) {
    fill(edge);
    shift(in.as<uint8_t>() + y * row, row, to);
    to += row;
    fill(edge);
  }
  fill(whole_rows);
  return out;
}

// Winograd's minimal filtering (Lavin and Gray, 2015) saves more than half of the multiplications of a 3x3
// convolution in float32, at an error well under 1e-4 of the largest activation.
dnnl::convolution_forward::primitive_desc fastest(const Convolution& convolution, int height, int width) {
  const ConvolutionSpec& spec = convolution.computed();
  if (spec.in.type == ElementType::kFloat32 && spec.kernel == 3 && spec.stride == 1) {
    try {
      return describe(convolution, height, width, dnnl::algorithm::convolution_winograd);
    } catch (const dnnl::error& error) {  // not on this processor or not in this size
      if (error.status != dnnl_unimplemented) throw;
    }
  }
  return describe(convolution, height, width, dnnl::algorithm::convolution_direct);
}

}  // namespace

class ComputeContext::Primitives {
 public:
  explicit Primitives(size_t capacity) : stream(cpu_engine()), capacity_(capacity) {}

  const CompiledConvolution& get(const Convolution& convolution, int height, int width) {
    const Key key{&convolution, height, width};
    if (const auto found = index_.find(key); found != index_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second);
      return recent_.front().second;
    }
    const auto desc = fastest(convolution, height, width);
    recent_.emplace_front(key, CompiledConvolution{desc, dnnl::convolution_forward(desc),
                                                   convolution.packed().layout(desc.weights_desc())});
    index_[key] = recent_.begin();
    if (recent_.size() > capacity_) {
      index_.erase(recent_.back().first);
      recent_.pop_back();
    }
    return recent_.front().second;
  }

  dnnl::stream stream;

 private:
  using Key = std::tuple<const Convolution*, int, int>;
  using Recent = std::list<std::pair<Key, CompiledConvolution>>;
  const size_t capacity_;
  Recent recent_;  // most recently used first
  std::map<Key, Recent::iterator> index_;
};

ComputeContext::ComputeContext(size_t max_primitives, size_t arena_bytes)
    : arena_(arena_bytes), primitives_(std::make_unique<Primitives>(max_primitives)) {
  // oneDNN keeps compiled primitives of its own, for the whole process; ours are enough.
  dnnl::set_primitive_cache_capacity(256);
}
ComputeContext::~ComputeContext() = default;

Tensor ComputeContext::convolve(const Convolution& convolution, const Tensor& in) {
  const ConvolutionSpec& spec = convolution.computed();
  Tensor out(arena_, spec.out, spec.out_channels, output_size(spec, in.height()), output_size(spec, in.width()));
  convolve(convolution, in, out);
  return out;
}

Tensor ComputeContext::converted(const Tensor& in, ComputeFormat format) {
  Tensor out(arena_, format, in.channels(), in.height(), in.width());
  dnnl::primitive_attr attributes;
  attributes.set_output_scales(0, {in.format().scale / format.scale});
  const auto memory = [&](const Tensor& tensor) {
    return dnnl::memory(onednn_desc(tensor.format(), in.channels(), in.height(), in.width()), cpu_engine(),
                        tensor.data());
  };
  dnnl::memory from = memory(in), to = memory(out);
  omp_set_num_threads(1);
  dnnl::reorder(from, to, attributes).execute(primitives_->stream, from, to);
  primitives_->stream.wait();
  return out;
}

Tensor ComputeContext::max_pool_3x3_stride_2(const Tensor& in) { return pretag::max_pool_3x3_stride_2(arena_, in); }

Tensor ComputeContext::subsample_2(const Tensor& in) { return pretag::subsample_2(arena_, in); }

Tensor ComputeContext::upsample_nearest(const Tensor& in, int height, int width) {
  return pretag::upsample_nearest(arena_, in, height, width);
}

Tensor ComputeContext::roi_align(std::span<const Tensor* const> levels, std::span<const float> scales,
                                 std::span<const Roi> rois, int width) {
  return pretag::roi_align(arena_, levels, scales, rois, width);
}

void ComputeContext::observe(const std::string& name, const Tensor& tensor) {
  if (observer_) observer_(name, tensor);
}

void ComputeContext::convolve(const Convolution& convolution, const Tensor& in, Tensor& out) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = profile_ != nullptr ? Clock::now() : Clock::time_point();
  const char* implementation = compute(convolution, in, out);
  if (profile_ != nullptr) {
    profile_->convolved({.spec = convolution.spec(),
                         .implementation = implementation,
                         .multiplications = multiplications(convolution.spec(), out.height(), out.width()),
                         .seconds = std::chrono::duration<double>(Clock::now() - start).count()});
  }
  observe(convolution.spec().name, out);
}

// Returns the name of the code that did it.
const char* ComputeContext::compute(const Convolution& convolution, const Tensor& in, Tensor& out) {
  const ConvolutionSpec& spec = convolution.computed();
  if (spec.accumulate && out.format() != spec.addend) out = converted(out, spec.addend);
  const char* const name = compute_as_is(convolution, in, out);
  out.reinterpret_as(spec.out);
  if (spec.out != convolution.spec().out) out = converted(out, convolution.spec().out);
  return name;
}

const char* ComputeContext::compute_as_is(const Convolution& convolution, const Tensor& in, Tensor& out) {
  const ConvolutionSpec& spec = convolution.computed();
  const WinogradCode* const winograd = winograd_code();
  if (winograd != nullptr && suits_winograd(*winograd, spec, in.height(), in.width())) {
    return compute_by_winograd(*winograd, convolution, in, out);
  }
  const WideCode* const wide = wide_code();
  if (wide != nullptr && suits_wide(spec)) return compute_wide(*wide, convolution, in, out);
  return compute_by_onednn(convolution, in, out);
}

const char* ComputeContext::compute_by_winograd(const WinogradCode& code, const Convolution& convolution,
                                                const Tensor& in, Tensor& out) {
  const ConvolutionSpec& spec = convolution.computed();
  const ArenaBuffer scratch(arena_, code.scratch_bytes(spec.in_channels));
  code.convolve({.in = in.as<uint8_t>(),
                 .in_channels = spec.in_channels,
                 .out_channels = spec.out_channels,
                 .height = in.height(),
                 .width = in.width(),
                 .signed_in = spec.in.type == ElementType::kInt8,
                 .relu = spec.relu,
                 .out_type = spec.out.type,
                 .weights = convolution.packed().winograd(code),
                 .out = out.data(),
                 .scratch = static_cast<std::byte*>(scratch.data())});
  return code.name;
}

const char* ComputeContext::compute_wide(const WideCode& code, const Convolution& convolution, const Tensor& in,
                                         Tensor& out) {
  const ConvolutionSpec& spec = convolution.computed();
  const int row = wide_row(spec);
  const ArenaBuffer scratch(arena_, code.scratch_bytes(row, spec.out_channels));
  code.convolve({.in = in.as<uint8_t>(),
                 .in_channels = spec.in_channels,
                 .height = in.height(),
                 .width = in.width(),
                 .kernel = spec.kernel,
                 .stride = spec.stride,
                 .padding = spec.padding,
                 .row = row,
                 .out_channels = spec.out_channels,
                 .out_height = out.height(),
                 .out_width = out.width(),
                 .signed_in = spec.in.type == ElementType::kInt8,
                 .relu = spec.relu,
                 .out_type = spec.out.type,
                 .addend_type = spec.addend.type,
                 .addend_scale = spec.accumulate ? spec.addend.scale / spec.out.scale : 0,
                 .weights = convolution.packed().wide(code),
                 .out = out.data(),
                 .scratch = static_cast<std::byte*>(scratch.data())});
  return code.name;
}

const char* ComputeContext::compute_by_onednn(const Convolution& convolution, const Tensor& in, Tensor& out) {
  const ConvolutionSpec& spec = convolution.computed();
  omp_set_num_threads(1);  // of the calling thread: oneDNN asks when it compiles and when it runs
  const CompiledConvolution& compiled = primitives_->get(convolution, in.height(), in.width());
  const Tensor shifted = is_shifted(spec) ? shifted_copy(arena_, in, spec.padding) : Tensor();
  const ArenaBuffer scratch(arena_, compiled.desc.scratchpad_desc().get_size());
  const auto memory = [](const dnnl::memory::desc& desc, void* data) { return dnnl::memory(desc, cpu_engine(), data); };
  compiled.primitive.execute(
      primitives_->stream,
      {{DNNL_ARG_SRC, memory(compiled.desc.src_desc(), is_shifted(spec) ? shifted.data() : in.data())},
       {DNNL_ARG_WEIGHTS, compiled.weights->weights},
       {DNNL_ARG_BIAS, compiled.weights->bias},
       {DNNL_ARG_DST, memory(compiled.desc.dst_desc(), out.data())},
       {DNNL_ARG_SCRATCHPAD, memory(compiled.desc.scratchpad_desc(), scratch.data())}});
  primitives_->stream.wait();
  return compiled.desc.impl_info_str();
}

bool is_out_of_memory(const std::exception& thrown) {
  const auto* const of_onednn = dynamic_cast<const dnnl::error*>(&thrown);
  return of_onednn != nullptr ? of_onednn->status == dnnl_out_of_memory
                              : dynamic_cast<const std::bad_alloc*>(&thrown) != nullptr;
}

}  // namespace pretag
