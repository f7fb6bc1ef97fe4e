#include "pretag/store/detections_blob.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace pretag {
namespace {

static_assert(std::endian::native == std::endian::little, "the blobs are little-endian");

// One detection is this, then `probabilities` times uint16. No padding: five floats and two uint16.
struct Record {
  std::array<float, 4> corners;  // x1, y1, x2, y2, pixels
  float score;
  uint16_t label;
  uint16_t probabilities;
};
static_assert(sizeof(Record) == 24);

// Probabilities lie in 0..1, so fixed point beats half precision: the error is at most 1/131070 everywhere.
constexpr float kProbabilityScale = std::numeric_limits<uint16_t>::max();

uint16_t to_fixed_point(float probability) {
  if (!(probability > 0)) return 0;  // NaN too
  return static_cast<uint16_t>(std::lround(std::min(probability, 1.0f) * kProbabilityScale));
}

void append(std::vector<std::byte>& blob, const void* data, size_t size) {
  const auto* bytes = static_cast<const std::byte*>(data);
  blob.insert(blob.end(), bytes, bytes + size);
}

Error corrupt(const char* what) { return {ErrorCode::kCorrupt, what}; }

}  // namespace

Result<std::vector<std::byte>> encode_detections(const std::vector<Detection>& detections,
                                                 const LabelNumber& number_of) {
  std::vector<std::byte> blob;
  for (const Detection& detection : detections) {
    if (detection.probabilities.size() > std::numeric_limits<uint16_t>::max()) {
      return Error{ErrorCode::kInvalidArgument, "more than 65535 classes"};
    }
    PRETAG_ASSIGN(const uint16_t label, number_of(detection.label));
    const Box& box = detection.box_in_image;
    const Record record{{box.x1, box.y1, box.x2, box.y2},
                        detection.score,
                        label,
                        static_cast<uint16_t>(detection.probabilities.size())};
    append(blob, &record, sizeof record);
    for (const float probability : detection.probabilities) {
      const uint16_t fixed = to_fixed_point(probability);
      append(blob, &fixed, sizeof fixed);
    }
  }
  return blob;
}

Result<std::vector<Detection>> decode_detections(std::span<const std::byte> blob, std::span<const std::string> labels) {
  std::vector<Detection> detections;
  while (!blob.empty()) {
    Record record;
    if (blob.size() < sizeof record) return corrupt("detections end in the middle of a record");
    std::memcpy(&record, blob.data(), sizeof record);
    blob = blob.subspan(sizeof record);
    if (record.label >= labels.size()) return corrupt("a detection has an unknown label number");
    if (blob.size() < record.probabilities * sizeof(uint16_t))
      return corrupt("detections end in the middle of a record");

    const auto& [x1, y1, x2, y2] = record.corners;
    Detection& detection = detections.emplace_back();
    detection.box_in_image = {x1, y1, x2, y2};
    detection.label = labels[record.label];
    detection.score = record.score;
    detection.probabilities.reserve(record.probabilities);
    for (size_t i = 0; i < record.probabilities; ++i) {
      uint16_t fixed = 0;
      std::memcpy(&fixed, blob.data() + i * sizeof fixed, sizeof fixed);
      detection.probabilities.push_back(static_cast<float>(fixed) / kProbabilityScale);
    }
    blob = blob.subspan(record.probabilities * sizeof(uint16_t));
  }
  return detections;
}

std::span<const std::byte> encode_embedding(std::span<const float> embedding) { return std::as_bytes(embedding); }

Result<std::vector<float>> decode_embedding(std::span<const std::byte> blob) {
  if (blob.size() % sizeof(float) != 0) return corrupt("the embedding is not a whole number of values");
  std::vector<float> embedding(blob.size() / sizeof(float));
  if (!embedding.empty()) std::memcpy(embedding.data(), blob.data(), blob.size());
  return embedding;
}

}  // namespace pretag
