#include "pretag/nn/model_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "pretag/nn/bfloat16.h"
#include "pretag/nn/quantize.h"
#include "pretag/nn/safetensors.h"

namespace pretag {

namespace {

constexpr std::string_view kScaleSuffix = ".scale";

// The matrix whose scales have this name, null for other names. The suffix is reserved for scales.
const WeightTensor* matrix_of_scale(const WeightFile& weights, std::string_view name) {
  if (!name.ends_with(kScaleSuffix)) return nullptr;
  const auto matrix = weights.tensors().find(std::string(name.substr(0, name.size() - kScaleSuffix.size())));
  return matrix == weights.tensors().end() ? nullptr : &matrix->second;
}

ElementType target_type(const WeightTensor& tensor, ExportType type) {
  if (tensor.shape.size() < 2 || type == ExportType::kFloat32) return ElementType::kFloat32;
  return type == ExportType::kBFloat16 ? ElementType::kBFloat16 : ElementType::kInt8;
}

// What is written, in the order of the file: by falling element size, so that every tensor is aligned, then by name.
std::vector<TensorDescription> plan(const WeightFile& weights, ExportType type) {
  std::vector<TensorDescription> tensors;
  for (const auto& [name, tensor] : weights.tensors()) {
    if (tensor.type == ElementType::kInt64 || matrix_of_scale(weights, name) != nullptr) continue;
    const ElementType target = target_type(tensor, type);
    tensors.push_back({name, target, tensor.shape});
    if (target == ElementType::kInt8) {
      tensors.push_back({name + std::string(kScaleSuffix), ElementType::kFloat32, {tensor.shape[0]}});
    }
  }
  std::ranges::stable_sort(tensors, std::ranges::greater(), [](const auto& t) { return element_size(t.type); });
  return tensors;
}

std::string_view as_text(const auto& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(values[0])};
}

class Exporter {
 public:
  Exporter(const WeightFile& weights, const FileSystem::Sink& sink) : weights_(weights), sink_(sink) {}

  Status write(const TensorDescription& wanted) {
    const WeightTensor* matrix = matrix_of_scale(weights_, wanted.name);
    if (matrix == nullptr) return write_tensor(wanted, weights_.tensors().at(wanted.name));
    if (matrix->type != ElementType::kInt8) return write_new_scales(wanted.name, *matrix);
    PRETAG_ASSIGN(const std::vector<float> scales, finite_floats(wanted.name, wanted.shape));
    return sink_(as_text(scales));
  }

 private:
  Status write_tensor(const TensorDescription& wanted, const WeightTensor& tensor) {
    if (wanted.type == tensor.type) return sink_(as_text(tensor.bytes));
    if (wanted.type == ElementType::kInt8) {
      const auto matrix = quantized_.extract(wanted.name);
      return sink_(as_text(matrix.mapped().values));
    }
    PRETAG_ASSIGN(const std::vector<float> values, finite_floats(wanted.name, tensor.shape));
    if (wanted.type == ElementType::kFloat32) return sink_(as_text(values));
    std::vector<BFloat16> halves(values.size());
    std::ranges::transform(values, halves.begin(), to_bfloat16);
    return sink_(as_text(halves));
  }

  // Scales precede the matrices in the file, so each matrix is quantised here and kept until its turn.
  Status write_new_scales(const std::string& scale_name, const WeightTensor& tensor) {
    const std::string name = scale_name.substr(0, scale_name.size() - kScaleSuffix.size());
    PRETAG_ASSIGN(const std::vector<float> values, finite_floats(name, tensor.shape));
    QuantizedMatrix matrix = quantize_rows(values, static_cast<size_t>(tensor.shape[0]));
    PRETAG_TRY(sink_(as_text(matrix.scales)));
    quantized_.emplace(name, std::move(matrix));
    return {};
  }

  Result<std::vector<float>> finite_floats(const std::string& name, std::span<const int64_t> shape) const {
    PRETAG_ASSIGN(std::vector<float> values, weights_.floats(name, shape));
    if (!std::ranges::all_of(values, [](float v) { return std::isfinite(v); })) {
      return Error{ErrorCode::kCorrupt, fmt::format("tensor '{}' holds values that are not finite", name)};
    }
    return values;
  }

  const WeightFile& weights_;
  const FileSystem::Sink& sink_;
  std::map<std::string, QuantizedMatrix> quantized_;
};

}  // namespace

Status export_model(const WeightFile& weights, const std::map<std::string, std::string>& metadata, ExportType type,
                    FileSystem& files, const std::string& path) {
  const std::vector<TensorDescription> tensors = plan(weights, type);
  if (tensors.empty()) return Error{ErrorCode::kInvalidArgument, "there are no weights to write"};
  return files.stream_atomically(path, [&](const FileSystem::Sink& sink) -> Status {
    PRETAG_TRY(sink(safetensors_header(tensors, metadata)));
    Exporter exporter(weights, sink);
    for (const TensorDescription& tensor : tensors) PRETAG_TRY(exporter.write(tensor));
    return {};
  });
}

}  // namespace pretag
