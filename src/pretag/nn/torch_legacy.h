// PyTorch's file format before 1.6 (torchvision's official COCO detector was published in 2019): pickles one after the
// other (magic number, protocol version, system, object, list of storage keys), then the storages in the list's order.
// Source: torch/serialization.py, _legacy_save and _legacy_load.
#pragma once

#include <memory>
#include <span>

#include "pretag/nn/weight_file.h"
#include "pretag/util/result.h"

namespace pretag {

// True when the bytes begin with the format's magic number.
bool looks_like_torch_legacy(std::span<const std::byte> bytes);

// As parse_torch_archive(): tensors point into `bytes`, nothing is executed. The format has no checksums, so only
// damage that changes a length is noticed.
Result<WeightFile> parse_torch_legacy(std::span<const std::byte> bytes, std::shared_ptr<const void> storage);

}  // namespace pretag
