// A .safetensors file from anyone: parsed, described, and every tensor that is accepted read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "pretag/nn/model_metadata.h"
#include "pretag/nn/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto weights = pretag::parse_safetensors(std::as_bytes(std::span(data, size)), nullptr);
  if (!weights) return 0;
  for (const auto& [name, tensor] : weights->tensors()) {
    const auto values = weights->floats(name, tensor.shape);
    if (values && values->size() != static_cast<size_t>(tensor.count())) std::abort();
  }
  (void)pretag::read_model_metadata(*weights);
  return 0;
}
