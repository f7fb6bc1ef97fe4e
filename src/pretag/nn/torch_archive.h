// PyTorch's file format since 1.6: a zip archive of "<name>/data.pkl" and one entry a storage, "<name>/data/<key>".
// https://pytorch.org/docs/stable/notes/serialization.html
#pragma once

#include <memory>
#include <span>

#include "pretag/nn/weight_file.h"
#include "pretag/util/result.h"

namespace pretag {

// True for any zip archive; parsing may find that it is no PyTorch file.
bool looks_like_torch_archive(std::span<const std::byte> bytes);

// Tensors point into `bytes` where entries are stored contiguously (torch.save's way), else into copies. Nothing of the
// pickle is executed; see nn/pickle.h. kUnsupported for TorchScript, for big-endian files and for a pickle that names
// more than tensors; kCorrupt for a damaged archive or one that is not PyTorch's.
Result<WeightFile> parse_torch_archive(std::span<const std::byte> bytes, std::shared_ptr<const void> storage);

}  // namespace pretag
