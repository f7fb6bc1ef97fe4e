// A model's weights and metadata, in memory, whatever file they came from (.safetensors or torchvision's .pth).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pretag/util/result.h"

namespace pretag {

// kUInt8 is for feature maps only: no weights have it.
enum class ElementType { kFloat32, kBFloat16, kFloat16, kInt8, kInt64, kUInt8 };
size_t element_size(ElementType type);

// A view of one tensor: row-major, `bytes` stay valid as long as the WeightFile lives. They need not be aligned to the
// element's size. Readers have checked that they are as many as the shape asks for.
struct WeightTensor {
  ElementType type = ElementType::kFloat32;
  std::vector<int64_t> shape;
  std::span<const std::byte> bytes;

  int64_t count() const;  // number of elements
};

// Immutable after loading; any number of threads may read it.
class WeightFile {
 public:
  // `metadata` are the strings of the file's header (see docs/formats/weights.md), empty where it has none. `storage`
  // keeps whatever the tensors point into alive.
  WeightFile(std::map<std::string, WeightTensor> tensors, std::map<std::string, std::string> metadata,
             std::shared_ptr<const void> storage)
      : tensors_(std::move(tensors)), metadata_(std::move(metadata)), storage_(std::move(storage)) {}

  const std::map<std::string, WeightTensor>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

  // The tensor's values as float32. int8 matrices are multiplied by their "<name>.scale" (one scale per output
  // channel, the first dimension). kNotFound names the missing tensor; kCorrupt if `shape` is not as expected.
  Result<std::vector<float>> floats(const std::string& name, std::span<const int64_t> shape) const;

  // The same values in their order, a few at a time: looking through them takes no memory. Errors come before the
  // first.
  using UseValues = std::function<void(std::span<const float>)>;
  Status for_each_values(const std::string& name, std::span<const int64_t> shape, const UseValues& use) const;

 private:
  std::map<std::string, WeightTensor> tensors_;
  std::map<std::string, std::string> metadata_;
  std::shared_ptr<const void> storage_;
};

// Reads the file at `path`, told apart by content: .safetensors is mapped into memory, a torchvision .pth is unpickled.
// Parameters that older torchvision versions named otherwise get their present names, and torchvision's official COCO
// weights the metadata that their file lacks (nn/official_models.h). Errors name the path: kNotFound,
// kIo, kUnsupported, and kCorrupt for a file that is damaged or something else altogether (a picture, a web page …).
Result<std::shared_ptr<const WeightFile>> load_weight_file(const std::string& path);

// The same from memory; `storage` keeps `bytes` alive for as long as the weights live.
Result<std::shared_ptr<const WeightFile>> parse_weight_file(std::span<const std::byte> bytes,
                                                            std::shared_ptr<const void> storage);

}  // namespace pretag
