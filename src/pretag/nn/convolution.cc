#include "pretag/nn/convolution.h"

#include <algorithm>
#include <functional>
#include <numeric>
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
int largest_weight() { return has_native_int8() ? 127 : 64; }

// Of each row, what kSignedShift of every input adds to the sum of products.
std::vector<float> shift_sums(const QuantizedMatrix& matrix) {
  std::vector<float> sums;
  const size_t length = matrix.values.size() / matrix.scales.size();
  for (size_t row = 0; row < matrix.scales.size(); ++row) {
    const auto first = matrix.values.begin() + static_cast<ptrdiff_t>(row * length);
    sums.push_back(
        static_cast<float>(kSignedShift * std::accumulate(first, first + static_cast<ptrdiff_t>(length), 0)));
  }
  return sums;
}

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

ConvolutionWeights Convolution::weights() const { return packed_->weights(); }

Convolution::Packed::Integers Convolution::Packed::load_integers() {
  const ConvolutionWeights plain = load_();
  Integers integers{quantize_rows(plain.weights, static_cast<size_t>(spec_.out_channels), largest_weight()),
                    plain.bias};
  // The bias is added to the sum of products before that is scaled.
  for (size_t o = 0; o < plain.bias.size(); ++o) integers.bias[o] /= spec_.in.scale * integers.weights.scales[o];
  if (is_shifted(spec_)) {
    std::ranges::transform(integers.bias, shift_sums(integers.weights), integers.bias.begin(), std::minus<>());
  }
  return integers;
}

std::vector<float> Convolution::Packed::output_scales() {
  const std::scoped_lock lock(mutex_);
  if (weight_scales_.empty()) {
    loaded_ = load_integers();
    weight_scales_ = loaded_->weights.scales;
  }
  std::vector<float> scales = weight_scales_;
  for (float& scale : scales) scale *= spec_.in.scale / spec_.out.scale;
  return scales;
}

const WinogradWeights& Convolution::Packed::winograd(const WinogradCode& code) {
  const std::scoped_lock lock(mutex_);
  if (!winograd_) winograd_ = winograd_weights(code, spec_, load_());
  return *winograd_;
}

const WideWeights& Convolution::Packed::wide(const WideCode& code) {
  const std::scoped_lock lock(mutex_);
  if (!wide_) wide_ = wide_weights(code, spec_, load_());
  return *wide_;
}

std::shared_ptr<const Convolution::Packed::Layout> Convolution::Packed::make_layout(const Memory::desc& desc) {
  const Memory::dims dims = {spec_.out_channels, spec_.in_channels, spec_.kernel, spec_.kernel};
  const Memory::desc bias_desc({spec_.out_channels}, Memory::data_type::f32, Memory::format_tag::x);
  auto layout = std::make_shared<Layout>(Layout{Memory(desc, cpu_engine()), Memory(bias_desc, cpu_engine())});
  if (spec_.in.is_quantized()) {
    Integers integers = loaded_ ? *std::exchange(loaded_, std::nullopt) : load_integers();
    reorder({dims, Memory::data_type::s8, Memory::format_tag::oihw}, integers.weights.values.data(), layout->weights);
    reorder(bias_desc, integers.bias.data(), layout->bias);
  } else {
    ConvolutionWeights plain = load_();
    reorder({dims, Memory::data_type::f32, Memory::format_tag::oihw}, plain.weights.data(), layout->weights);
    reorder(bias_desc, plain.bias.data(), layout->bias);
  }
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
