#include "pretag/nn/weight_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "pretag/io/mapped_file.h"
#include "pretag/nn/bfloat16.h"
#include "pretag/nn/float16.h"
#include "pretag/nn/foreign_format.h"
#include "pretag/nn/official_models.h"
#include "pretag/nn/parameter_names.h"
#include "pretag/nn/safetensors.h"
#include "pretag/nn/torch_archive.h"
#include "pretag/nn/torch_legacy.h"
#include "pretag/util/strings.h"

namespace pretag {

namespace {

// The bytes of a tensor need not be aligned: a safetensors header may have any length.
template <class T>
T element(std::span<const std::byte> bytes, size_t index) {
  T value;
  std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
  return value;
}

// `count` values from `first` on, as many at a time as stay in the processor's cache.
template <class T, class Widen>
void widen_each(std::span<const std::byte> bytes, size_t first, size_t count, Widen widen,
                const WeightFile::UseValues& use) {
  std::array<float, 4096> some;
  for (size_t done = 0; done < count;) {
    const size_t now = std::min(some.size(), count - done);
    for (size_t i = 0; i < now; ++i) some[i] = widen(element<T>(bytes, first + done + i));
    use(std::span(some).first(now));
    done += now;
  }
}

template <class T, class Widen>
Status widened(const WeightTensor& tensor, Widen widen, const WeightFile::UseValues& use) {
  widen_each<T>(tensor.bytes, 0, static_cast<size_t>(tensor.count()), widen, use);
  return {};
}

std::string shape_text(std::span<const int64_t> shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

constexpr size_t kLongestMessage = 400;

Error corrupt(std::string message) { return {ErrorCode::kCorrupt, std::move(message)}; }

// weight[o, ...] = int8[o, ...] * scale[o]
Status dequantized(const WeightFile& file, const std::string& name, const WeightTensor& tensor,
                   const WeightFile::UseValues& use) {
  const std::string scale_name = name + ".scale";
  if (tensor.shape.empty()) return corrupt(fmt::format("int8 tensor '{}' has no dimension to scale", name));
  const auto found = file.tensors().find(scale_name);
  if (found == file.tensors().end()) {
    return corrupt(fmt::format("int8 tensor '{}' comes without its scales '{}'", name, scale_name));
  }
  if (found->second.type == ElementType::kInt8) return corrupt(fmt::format("scales '{}' are int8", scale_name));
  PRETAG_ASSIGN(const std::vector<float> scales, file.floats(scale_name, std::span(tensor.shape).first(1)));
  const size_t row = scales.empty() ? 0 : static_cast<size_t>(tensor.count()) / scales.size();
  for (size_t o = 0; o < scales.size(); ++o) {
    const auto widen = [scale = scales[o]](int8_t v) { return static_cast<float>(v) * scale; };
    widen_each<int8_t>(tensor.bytes, o * row, row, widen, use);
  }
  return {};
}

}  // namespace

size_t element_size(ElementType type) {
  switch (type) {
    case ElementType::kFloat32:
      return 4;
    case ElementType::kBFloat16:
    case ElementType::kFloat16:
      return 2;
    case ElementType::kInt8:
    case ElementType::kUInt8:
      return 1;
    case ElementType::kInt64:
      return 8;
  }
  return 0;
}

int64_t WeightTensor::count() const { return static_cast<int64_t>(bytes.size() / element_size(type)); }

Result<std::vector<float>> WeightFile::floats(const std::string& name, std::span<const int64_t> shape) const {
  std::vector<float> values;
  if (const auto found = tensors_.find(name); found != tensors_.end()) {
    values.reserve(static_cast<size_t>(found->second.count()));
  }
  PRETAG_TRY(for_each_values(
      name, shape, [&](std::span<const float> some) { values.insert(values.end(), some.begin(), some.end()); }));
  return values;
}

Status WeightFile::for_each_values(const std::string& name, std::span<const int64_t> shape,
                                   const UseValues& use) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) return Error{ErrorCode::kNotFound, fmt::format("no tensor '{}' in the weights", name)};
  const WeightTensor& tensor = found->second;
  if (!std::ranges::equal(tensor.shape, shape)) {
    return corrupt(fmt::format("tensor '{}' has shape {} where the architecture needs {}", name,
                               shape_text(tensor.shape), shape_text(shape)));
  }
  switch (tensor.type) {
    case ElementType::kFloat32:
      return widened<float>(
          tensor, [](float v) { return v; }, use);
    case ElementType::kBFloat16:
      return widened<BFloat16>(
          tensor, [](BFloat16 v) { return to_float(v); }, use);
    case ElementType::kFloat16:
      return widened<uint16_t>(tensor, float_from_float16, use);
    case ElementType::kInt8:
      return dequantized(*this, name, tensor, use);
    case ElementType::kUInt8:
    case ElementType::kInt64:
      break;
  }
  return corrupt(fmt::format("tensor '{}' holds 64-bit integers, not weights", name));
}

Result<std::shared_ptr<const WeightFile>> parse_weight_file(std::span<const std::byte> bytes,
                                                            std::shared_ptr<const void> storage) {
  auto parsed = [&]() -> Result<WeightFile> {
    if (looks_like_torch_archive(bytes)) return parse_torch_archive(bytes, std::move(storage));
    if (looks_like_torch_legacy(bytes)) return parse_torch_legacy(bytes, std::move(storage));
    if (looks_like_safetensors(bytes)) return parse_safetensors(bytes, std::move(storage));
    return corrupt(describe_foreign_format(bytes));
  }();
  // Names in the message come from the file and may hold anything.
  if (!parsed) return Error{parsed.error().code, one_line(parsed.error().message, kLongestMessage)};
  return with_current_parameter_names(*std::move(parsed));
}

Result<std::shared_ptr<const WeightFile>> load_weight_file(const std::string& path) {
  PRETAG_ASSIGN(const auto file, MappedFile::open(path));
  auto parsed = parse_weight_file(file->bytes(), file);
  if (!parsed) return parsed.error().in(path);
  return with_official_metadata(*parsed, file->bytes(), official_coco());
}

}  // namespace pretag
