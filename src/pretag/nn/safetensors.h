// The .safetensors format: eight bytes of header length, a JSON header, then the tensors' bytes.
// https://huggingface.co/docs/safetensors (format); docs/formats/weights.md says what we put into it.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pretag/nn/weight_file.h"
#include "pretag/util/result.h"

namespace pretag {

// True when the bytes begin like one (the ninth is the header's brace); parsing may still find it damaged.
bool looks_like_safetensors(std::span<const std::byte> bytes);

// The tensors point into `bytes`, which `storage` keeps alive. F32, BF16, F16, I8 and I64; another type is
// kUnsupported. kCorrupt names the tensor whose type, shape and offsets do not fit together, and refuses gaps, overlaps
// and duplicate names, as the reference implementation does. The header may have 100 MB at most.
Result<WeightFile> parse_safetensors(std::span<const std::byte> bytes, std::shared_ptr<const void> storage);

// "F32", "BF16", "F16", "I8", "I64".
const char* safetensors_type_name(ElementType type);

struct TensorDescription {
  std::string name;
  ElementType type = ElementType::kFloat32;
  std::vector<int64_t> shape;
};

// All that precedes the tensors' bytes, which must follow in the order of `tensors`, without gaps. The length is a
// multiple of eight, so that tensors in the order of falling element size are aligned.
std::string safetensors_header(std::span<const TensorDescription> tensors,
                               const std::map<std::string, std::string>& metadata);

}  // namespace pretag
