// The detections of an image as one compact value in the ledger: a row of its own for each of twenty million
// detections would cost more in row headers and keys than it holds. docs/formats/ledger.md has the layout.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "pretag/data/prediction.h"
#include "pretag/util/result.h"

namespace pretag {

// Class names are stored once; a detection carries the number of its own.
using LabelNumber = std::function<Result<uint16_t>(const std::string& label)>;

Result<std::vector<std::byte>> encode_detections(const std::vector<Detection>& detections,
                                                 const LabelNumber& number_of);

// kCorrupt for bytes that encode_detections cannot have written, or a number without a name. Never allocates more than
// a small multiple of the blob.
Result<std::vector<Detection>> decode_detections(std::span<const std::byte> blob, std::span<const std::string> labels);

std::span<const std::byte> encode_embedding(std::span<const float> embedding);
Result<std::vector<float>> decode_embedding(std::span<const std::byte> blob);

}  // namespace pretag
