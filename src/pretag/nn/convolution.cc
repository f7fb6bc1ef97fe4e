#include "pretag/nn/convolution.h"

#include <utility>

#include "pretag/nn/onednn.h"

namespace pretag {

Convolution::Convolution(const ConvolutionSpec& spec, Load load)
    : spec_(spec), packed_(std::make_unique<Packed>(spec, std::move(load))) {}
Convolution::~Convolution() = default;
Convolution::Convolution(Convolution&&) noexcept = default;
Convolution& Convolution::operator=(Convolution&&) noexcept = default;

std::shared_ptr<const Convolution::Packed::Layout> Convolution::Packed::layout(const dnnl::memory::desc& desc) {
  constexpr size_t kMostLayouts = 3;  // of one layer, in practice one or two are in use
  const std::scoped_lock lock(mutex_);
  for (auto it = layouts_.begin(); it != layouts_.end(); ++it) {
    if ((*it)->weights.get_desc() != desc) continue;
    layouts_.splice(layouts_.begin(), layouts_, it);
    return layouts_.front();
  }

  using Memory = dnnl::memory;
  ConvolutionWeights plain = load_();
  const Memory::desc plain_desc({spec_.out_channels, spec_.in_channels, spec_.kernel, spec_.kernel},
                                Memory::data_type::f32, Memory::format_tag::oihw);
  const Memory::desc bias_desc({spec_.out_channels}, Memory::data_type::f32, Memory::format_tag::x);
  Memory from(plain_desc, cpu_engine(), plain.weights.data());
  Memory bias_from(bias_desc, cpu_engine(), plain.bias.data());
  auto layout = std::make_shared<Layout>(Layout{Memory(desc, cpu_engine()), Memory(bias_desc, cpu_engine())});
  dnnl::stream stream(cpu_engine());
  dnnl::reorder(from, layout->weights).execute(stream, from, layout->weights);
  dnnl::reorder(bias_from, layout->bias).execute(stream, bias_from, layout->bias);
  stream.wait();

  layouts_.push_front(std::move(layout));
  if (layouts_.size() > kMostLayouts) layouts_.pop_back();
  return layouts_.front();
}

}  // namespace pretag
