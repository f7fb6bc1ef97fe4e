#include "pretag/nn/safetensors_header.h"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "pretag/nn/tensor_shape.h"

namespace pretag {

namespace {

using Json = nlohmann::json;

// Follows the parser through the three levels that the format has; every other event is an error.
class HeaderReader : public nlohmann::json_sax<Json> {
 public:
  SafetensorsHeader header;
  std::string error;

  bool start_object(size_t) override {
    if (level_ == Level::kOutside) return enter(Level::kHeader);
    if (level_ == Level::kHeader) return enter(is_metadata() ? Level::kMetadata : Level::kTensor);
    return unexpected("an object");
  }

  bool key(std::string& key) override {
    if (level_ == Level::kHeader) return begin_entry(key);
    if (level_ == Level::kMetadata && header.metadata.contains(key)) return twice("metadata key", key);
    if (level_ == Level::kTensor && !fields_seen_.insert(key).second) return twice("field", key);
    field_ = key;
    return true;
  }

  bool end_object() override {
    if (level_ == Level::kHeader) return enter(Level::kOutside);
    if (level_ == Level::kTensor && fields_seen_.size() != 3) return fail("lacks dtype, shape or data_offsets");
    return enter(Level::kHeader);
  }

  bool string(std::string& text) override {
    if (level_ == Level::kMetadata) {
      header.metadata.emplace(field_, text);
      return true;
    }
    if (level_ != Level::kTensor || field_ != "dtype") return unexpected("text");
    tensor_->dtype = text;
    return true;
  }

  bool start_array(size_t) override {
    if (level_ != Level::kTensor || (field_ != "shape" && field_ != "data_offsets")) return unexpected("a list");
    numbers_ = field_ == "shape" ? &tensor_->shape : &tensor_->data_offsets;
    return enter(Level::kNumbers);
  }

  bool end_array() override { return enter(Level::kTensor); }

  bool number_unsigned(uint64_t value) override {
    if (level_ != Level::kNumbers) return unexpected("a number");
    if (numbers_->size() == kMaxTensorDimensions) return fail(fmt::format("has too many numbers in '{}'", field_));
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return fail(fmt::format("has an impossible number in '{}'", field_));
    }
    numbers_->push_back(static_cast<int64_t>(value));
    return true;
  }

  bool number_integer(int64_t) override { return fail(fmt::format("has a negative number in '{}'", field_)); }
  bool number_float(double, const std::string&) override { return unexpected("a fraction"); }
  bool null() override { return unexpected("null"); }
  bool boolean(bool) override { return unexpected("true or false"); }
  bool binary(Json::binary_t&) override { return unexpected("binary data"); }
  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception&) override {
    error = fmt::format("the safetensors header is not valid JSON at byte {}", position);
    return false;
  }

 private:
  enum class Level { kOutside, kHeader, kMetadata, kTensor, kNumbers };

  bool enter(Level level) {
    level_ = level;
    return true;
  }

  bool is_metadata() const { return name_ == "__metadata__"; }

  bool begin_entry(const std::string& name) {
    name_ = name;
    fields_seen_.clear();
    if (is_metadata()) {
      if (std::exchange(metadata_seen_, true)) return fail("is there twice");
      return true;
    }
    const auto [at, is_new] = header.tensors.try_emplace(name);
    if (!is_new) return fail("is there twice");
    tensor_ = &at->second;
    return true;
  }

  bool fail(const std::string& what) {
    error = fmt::format("in the safetensors header, '{}' {}", name_, what);
    return false;
  }
  bool twice(const char* what, const std::string& key) { return fail(fmt::format("has {} '{}' twice", what, key)); }
  bool unexpected(const char* what) {
    if (level_ == Level::kOutside) {
      error = fmt::format("the safetensors header is {}, not an object", what);
      return false;
    }
    return fail(fmt::format("holds {} where the format has none", what));
  }

  Level level_ = Level::kOutside;
  std::string name_, field_;
  SafetensorsEntry* tensor_ = nullptr;
  std::vector<int64_t>* numbers_ = nullptr;
  std::set<std::string> fields_seen_;
  bool metadata_seen_ = false;
};

}  // namespace

Result<SafetensorsHeader> parse_safetensors_header(std::string_view json) {
  HeaderReader reader;
  if (!Json::sax_parse(json.begin(), json.end(), &reader)) return Error{ErrorCode::kCorrupt, reader.error};
  return std::move(reader.header);
}

}  // namespace pretag
