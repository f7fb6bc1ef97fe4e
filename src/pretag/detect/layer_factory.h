// Builds layers from a weight file by torchvision's parameter names, checking each as it is taken.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pretag/nn/convolution.h"
#include "pretag/nn/weight_file.h"
#include "pretag/util/result.h"

namespace pretag {

// The precision's formats: of feature maps, of the network input, and of the outputs that are read as numbers.
struct NetFormats {
  ComputeFormat features, input, numbers;
};

// Holds on to the weight file, and so do the layers: their weights are read from it again when the processor needs them
// in another layout. Errors are kNotFound or kCorrupt and name the parameter.
class LayerFactory {
 public:
  LayerFactory(std::shared_ptr<const WeightFile> weights, NetFormats formats, float batch_norm_eps)
      : weights_(std::move(weights)), formats_(formats), batch_norm_eps_(batch_norm_eps) {}

  const NetFormats& formats() const { return formats_; }

  // "<name>.weight" and "<name>.bias".
  Result<Convolution> convolution(const std::string& name, const ConvolutionSpec& spec) const;

  // "<name>.weight" without a bias, followed by the frozen batch norm "<norm>.{weight,bias,running_mean,running_var}",
  // which is folded in: w' = w * g / sqrt(var + eps), b' = beta - mean * g / sqrt(var + eps).
  Result<Convolution> convolution_with_norm(const std::string& name, const std::string& norm,
                                            const ConvolutionSpec& spec) const;

  // Several layers of the same input as one; their outputs follow each other. spec.out_channels is the sum.
  struct Part {
    std::string name;
    int out_channels;
  };
  Result<Convolution> joined(const std::vector<Part>& parts, const ConvolutionSpec& spec) const;

  // The fully connected layer after RoIAlign, its columns in the order of roi_align's output.
  Result<Convolution> after_roi_align(const std::string& name, int channels, const ConvolutionSpec& spec) const;
  // A fully connected layer: its weight has two dimensions.
  Result<Convolution> linear(const std::string& name, const ConvolutionSpec& spec) const;

 private:
  std::shared_ptr<const WeightFile> weights_;
  NetFormats formats_;
  float batch_norm_eps_;
};

}  // namespace pretag
