// Ours and oneDNN's words for the same things. Included by the nn layer's .cc files only.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <oneapi/dnnl/dnnl.hpp>
#include <utility>

#include "pretag/nn/convolution.h"
#include "pretag/nn/quantize.h"
#include "pretag/nn/tensor.h"

namespace pretag {

const dnnl::engine& cpu_engine();
dnnl::memory::data_type onednn_type(ElementType type);
dnnl::memory::desc onednn_desc(ComputeFormat format, int channels, int height, int width);

// The layouts of one convolution's weights.
class Convolution::Packed {
 public:
  Packed(const ConvolutionSpec& spec, Load load) : spec_(spec), load_(std::move(load)) {}

  struct Layout {
    dnnl::memory weights, bias;
  };
  // The weights as `desc` asks for them. Thread-safe; the first caller of a layout pays for it.
  std::shared_ptr<const Layout> layout(const dnnl::memory::desc& desc);
  // Of an integer convolution: what a sum of products is multiplied with to be an output, one a channel. Thread-safe.
  std::vector<float> output_scales();

 private:
  std::shared_ptr<const Layout> make_layout(const dnnl::memory::desc& desc);
  QuantizedMatrix quantized(const ConvolutionWeights& plain);

  ConvolutionSpec spec_;
  Load load_;
  std::mutex mutex_;
  std::list<std::shared_ptr<const Layout>> layouts_;  // most recently used first
  std::vector<float> weight_scales_;                  // of an integer convolution, once known
};

}  // namespace pretag
