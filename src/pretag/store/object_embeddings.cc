#include "pretag/store/object_embeddings.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace pretag {
namespace {

constexpr float kLargest = 127;

// Only the direction counts, so no scale is stored: the largest value becomes 127.
void append_direction(const Embedding& embedding, std::vector<std::byte>& bytes) {
  float largest = 0;
  for (const float value : embedding) largest = std::max(largest, std::abs(value));
  for (const float value : embedding) {
    const float part = largest > 0 && std::isfinite(largest) ? value / largest : 0.0f;
    const auto rounded = static_cast<int8_t>(std::isnan(part) ? 0 : std::lround(part * kLargest));
    bytes.push_back(static_cast<std::byte>(rounded));
  }
}

void append_unit_vector(std::span<const std::byte> bytes, std::vector<float>& values) {
  int64_t square = 0;
  for (const std::byte byte : bytes) square += static_cast<int8_t>(byte) * static_cast<int8_t>(byte);
  const double scale = square > 0 ? 1 / std::sqrt(static_cast<double>(square)) : 0;
  for (const std::byte byte : bytes) values.push_back(static_cast<float>(static_cast<int8_t>(byte) * scale));
}

}  // namespace

EmbeddingsBlob encode_object_embeddings(std::span<const Detection> detections) {
  EmbeddingsBlob blob;
  if (detections.empty()) return blob;
  const size_t columns = detections.front().embedding.size();
  if (columns == 0) return blob;
  blob.columns = static_cast<int64_t>(columns);
  for (const Detection& detection : detections) {
    if (detection.embedding.size() != columns) break;
    append_direction(detection.embedding, blob.bytes);
  }
  return blob;
}

Result<std::vector<float>> decode_object_embeddings(int64_t columns, std::span<const std::byte> bytes) {
  const auto size = static_cast<int64_t>(bytes.size());
  if (columns < 1 || size == 0 || size % columns != 0) {
    return Error{ErrorCode::kCorrupt, "the embeddings of its objects do not have the size they say"};
  }
  std::vector<float> values;
  values.reserve(bytes.size());
  for (size_t begin = 0; begin < bytes.size(); begin += static_cast<size_t>(columns)) {
    append_unit_vector(bytes.subspan(begin, static_cast<size_t>(columns)), values);
  }
  return values;
}

RegionsBlob encode_regions(std::span<const Region> regions) {
  RegionsBlob blob;
  if (regions.empty()) return blob;
  blob.embeddings.columns = static_cast<int64_t>(regions.front().embedding.size());
  for (const Region& region : regions) {
    const Box& box = region.box_in_image;
    const std::array corners = {box.x1, box.y1, box.x2, box.y2};
    const auto bytes = std::as_bytes(std::span(corners));
    blob.boxes.insert(blob.boxes.end(), bytes.begin(), bytes.end());
    append_direction(region.embedding, blob.embeddings.bytes);
  }
  return blob;
}

Result<std::vector<Region>> decode_regions(std::span<const std::byte> boxes, int64_t columns,
                                           std::span<const std::byte> embeddings) {
  PRETAG_ASSIGN(const std::vector<float> values, decode_object_embeddings(columns, embeddings));
  constexpr size_t kBoxBytes = 4 * sizeof(float);
  const auto length = static_cast<size_t>(columns);
  std::vector<Region> regions(values.size() / length);
  if (boxes.size() != regions.size() * kBoxBytes) {
    return Error{ErrorCode::kCorrupt, "it has not as many boxes of regions as embeddings"};
  }
  for (size_t i = 0; i < regions.size(); ++i) {
    std::array<float, 4> corners{};
    std::memcpy(corners.data(), boxes.data() + i * kBoxBytes, kBoxBytes);
    regions[i].box_in_image = {corners[0], corners[1], corners[2], corners[3]};
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(i * length);
    regions[i].embedding.assign(first, first + columns);
  }
  return regions;
}

}  // namespace pretag
