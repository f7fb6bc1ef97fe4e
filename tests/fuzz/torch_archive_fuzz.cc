// A .pth file from anyone, in either format. An input is also taken as the pickle of an archive that is sound
// otherwise: checksums would keep the fuzzer from getting there.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "pretag/nn/torch_archive.h"
#include "pretag/nn/torch_legacy.h"
#include "support/pickle_writer.h"

namespace {

void read_all(const pretag::Result<pretag::WeightFile>& weights) {
  if (!weights) return;
  for (const auto& [name, tensor] : weights->tensors()) {
    const auto values = weights->floats(name, tensor.shape);
    if (values && values->size() != static_cast<size_t>(tensor.count())) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  if (pretag::looks_like_torch_archive(bytes)) read_all(pretag::parse_torch_archive(bytes, nullptr));
  if (pretag::looks_like_torch_legacy(bytes)) read_all(pretag::parse_torch_legacy(bytes, nullptr));
  const std::string pickle(reinterpret_cast<const char*>(data), size);
  const std::string archive = pretag::torch_archive(pickle, {{"0", std::string(24, '\x3F')}});
  read_all(pretag::parse_torch_archive(pretag::as_bytes(archive), nullptr));
  return 0;
}
