// Ours and oneDNN's words for the same things. Included by the nn layer's .cc files only.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <utility>

#include "pretag/nn/convolution.h"
#include "pretag/nn/quantize.h"
#include "pretag/nn/tensor.h"
#include "pretag/nn/wide_convolution.h"
#include "pretag/nn/winograd.h"

namespace pretag {

const dnnl::engine& cpu_engine();
dnnl::memory::data_type onednn_type(ElementType type);
dnnl::memory::desc onednn_desc(ComputeFormat format, int channels, int height, int width);

// Where the processor wants unsigned inputs, signed ones are computed as unsigned ones that are larger by this: padded
// with it beforehand, and with what it adds taken off the bias. oneDNN's own way is a quarter slower.
inline constexpr int kSignedShift = 128;
inline bool is_shifted(const ConvolutionSpec& spec) { return spec.in.type == ElementType::kInt8 && !has_signed_int8(); }

// The layouts of one convolution's weights.
class Convolution::Packed {
 public:
  Packed(const ConvolutionSpec& spec, Load load) : spec_(spec), load_(std::move(load)) {}

  ConvolutionWeights weights() const { return load_(); }

  struct Layout {
    dnnl::memory weights, bias;
  };
  // The weights as `desc` asks for them. Thread-safe; the first caller of a layout pays for it.
  std::shared_ptr<const Layout> layout(const dnnl::memory::desc& desc);
  // The weights for Winograd's integer convolutions. Thread-safe; the first caller pays for them.
  const WinogradWeights& winograd(const WinogradCode& code);
  // The 16-bit weights of integer convolutions where there is no VNNI. Thread-safe; the first caller pays for them.
  const WideWeights& wide(const WideCode& code);
  // Of an integer convolution: what a sum of products is multiplied with to be an output, one a channel. Thread-safe.
  std::vector<float> output_scales();

 private:
  struct Integers {
    QuantizedMatrix weights;
    std::vector<float> bias;
  };
  Integers load_integers();
  std::shared_ptr<const Layout> make_layout(const dnnl::memory::desc& desc);

  ConvolutionSpec spec_;
  Load load_;
  std::mutex mutex_;
  std::list<std::shared_ptr<const Layout>> layouts_;  // most recently used first
  std::vector<float> weight_scales_;                  // of an integer convolution, once known
  std::optional<WinogradWeights> winograd_;
  std::optional<WideWeights> wide_;
  std::optional<Integers> loaded_;  // from the time the scales are known to that of the first layout
};

}  // namespace pretag
