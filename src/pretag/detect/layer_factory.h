// Builds layers from a weight file by torchvision's parameter names, checking each as it is taken.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pretag/nn/activation_ranges.h"
#include "pretag/nn/convolution.h"
#include "pretag/nn/weight_file.h"
#include "pretag/util/result.h"

namespace pretag {

// The precision's formats: of feature maps (in int8: of those that 8 bits are too few for), of the network input, and
// of the outputs that are read as numbers.
struct NetFormats {
  ComputeFormat features, input, numbers;
};

// A layer whose activations are coarser than this in 8 bits stays in floats.
inline constexpr float kLeastSqnrDecibels = 20;

// Holds on to the weight file, and so do the layers: their weights are read from it again when the processor needs them
// in another layout. Errors are kNotFound or kCorrupt and name the parameter.
class LayerFactory {
 public:
  // With `ranges`, which must live as long as the factory, activations are integers.
  LayerFactory(std::shared_ptr<const WeightFile> weights, NetFormats formats, float batch_norm_eps,
               const ActivationRanges* ranges = nullptr)
      : weights_(std::move(weights)), formats_(formats), batch_norm_eps_(batch_norm_eps), ranges_(ranges) {}

  const NetFormats& formats() const { return formats_; }

  // The format of what the layer computes: from 0 up, or to both sides of 0. kCorrupt if its range is not known.
  Result<ComputeFormat> rectified(const std::string& name) const { return activation(name, unsigned_format); }
  Result<ComputeFormat> signed_activation(const std::string& name) const { return activation(name, signed_format); }

  // "<name>.weight" and "<name>.bias". The layer is called as its weights are, as all of them.
  Result<Convolution> convolution(const std::string& name, const ConvolutionSpec& spec) const;

  // "<name>.weight" without a bias, followed by the frozen batch norm "<norm>.{weight,bias,running_mean,running_var}",
  // which is folded in: w' = w * g / sqrt(var + eps), b' = beta - mean * g / sqrt(var + eps).
  Result<Convolution> convolution_with_norm(const std::string& name, const std::string& norm,
                                            const ConvolutionSpec& spec) const;

  // Several layers of the same input as one; their outputs follow each other. spec.out_channels is the sum. It is
  // called as the first.
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
  Result<ComputeFormat> activation(const std::string& name, ComputeFormat (*format_of)(float limit)) const;

  std::shared_ptr<const WeightFile> weights_;
  NetFormats formats_;
  float batch_norm_eps_;
  const ActivationRanges* ranges_;
};

}  // namespace pretag
