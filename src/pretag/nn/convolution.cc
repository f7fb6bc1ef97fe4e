#include "pretag/nn/convolution.h"

#include <utility>

#include "pretag/nn/onednn.h"

namespace pretag {
namespace {

using Memory = dnnl::memory;

// `values` in the order and type of `from`, rearranged as `to` asks.
void reorder(const Memory::desc& from, void* values, Memory& to) {
  Memory source(from, cpu_engine(), values);
  dnnl::stream stream(cpu_engine());
  dnnl::reorder(source, to).execute(stream, source, to);
  stream.wait();
}

// Without VNNI two products of bytes are added in 16 bits before they are widened: 2 * 255 * 64 is the most that fits.
// oneDNN halves weights itself where the input is signed.
int largest_weight(ElementType in) { return has_native_int8() || in == ElementType::kInt8 ? 127 : 64; }

// Integers come only from integers, and are only added to integers.
ConvolutionSpec computable(ConvolutionSpec spec) {
  const bool floats = !spec.in.is_quantized() || (spec.accumulate && !spec.addend.is_quantized());
  if (floats && spec.out.is_quantized()) spec.out = {ElementType::kFloat32, 0};
  if (!spec.out.is_quantized()) spec.addend = spec.out;
  return spec;
}

}  // namespace

Convolution::Convolution(const ConvolutionSpec& spec, Load load)
    : spec_(spec), computed_(computable(spec)), packed_(std::make_unique<Packed>(computed_, std::move(load))) {}
Convolution::~Convolution() = default;
Convolution::Convolution(Convolution&&) noexcept = default;
Convolution& Convolution::operator=(Convolution&&) noexcept = default;

QuantizedMatrix Convolution::Packed::quantized(const ConvolutionWeights& plain) {
  QuantizedMatrix matrix =
      quantize_rows(plain.weights, static_cast<size_t>(spec_.out_channels), largest_weight(spec_.in.type));
  weight_scales_ = matrix.scales;
  return matrix;
}

std::vector<float> Convolution::Packed::output_scales() {
  const std::scoped_lock lock(mutex_);
  if (weight_scales_.empty()) (void)quantized(load_());
  std::vector<float> scales = weight_scales_;
  for (float& scale : scales) scale *= spec_.in.scale / spec_.out.scale;
  return scales;
}

std::shared_ptr<const Convolution::Packed::Layout> Convolution::Packed::make_layout(const Memory::desc& desc) {
  ConvolutionWeights plain = load_();
  const Memory::dims dims = {spec_.out_channels, spec_.in_channels, spec_.kernel, spec_.kernel};
  const Memory::desc bias_desc({spec_.out_channels}, Memory::data_type::f32, Memory::format_tag::x);
  auto layout = std::make_shared<Layout>(Layout{Memory(desc, cpu_engine()), Memory(bias_desc, cpu_engine())});
  if (spec_.in.is_quantized()) {
    QuantizedMatrix matrix = quantized(plain);
    reorder({dims, Memory::data_type::s8, Memory::format_tag::oihw}, matrix.values.data(), layout->weights);
    // Added to the sum of products before that is scaled.
    for (size_t o = 0; o < plain.bias.size(); ++o) plain.bias[o] /= spec_.in.scale * matrix.scales[o];
  } else {
    reorder({dims, Memory::data_type::f32, Memory::format_tag::oihw}, plain.weights.data(), layout->weights);
  }
  reorder(bias_desc, plain.bias.data(), layout->bias);
  return layout;
}

std::shared_ptr<const Convolution::Packed::Layout> Convolution::Packed::layout(const Memory::desc& desc) {
  constexpr size_t kMostLayouts = 3;  // of one layer, in practice one or two are in use
  const std::scoped_lock lock(mutex_);
  for (auto it = layouts_.begin(); it != layouts_.end(); ++it) {
    if ((*it)->weights.get_desc() != desc) continue;
    layouts_.splice(layouts_.begin(), layouts_, it);
    return layouts_.front();
  }
  layouts_.push_front(make_layout(desc));
  if (layouts_.size() > kMostLayouts) layouts_.pop_back();
  return layouts_.front();
}

}  // namespace pretag
