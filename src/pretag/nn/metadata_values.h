// Typed, range-checked values out of a weight file's metadata, whose values are all strings.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pretag/util/result.h"

namespace pretag {

// Every function leaves `value` alone when the key is absent and names the key in its error (kCorrupt) when its text is
// not what it should be. Ranges include both ends.
class MetadataValues {
 public:
  explicit MetadataValues(const std::map<std::string, std::string>& strings) : strings_(strings) {}

  bool has(const std::string& key) const { return strings_.contains(key); }
  void text(const std::string& key, std::string& value) const;
  Status integer(const std::string& key, int smallest, int largest, int& value) const;
  Status real(const std::string& key, double smallest, double largest, float& value) const;
  // JSON lists: "[32, 64]" and "[\"car\", \"bus\"]".
  Status reals(const std::string& key, double smallest, double largest, std::vector<float>& values) const;
  // A JSON object of objects of numbers: "{\"432\": {\"person\": 0.25}}".
  Status nested_reals(const std::string& key, double smallest, double largest,
                      std::map<std::string, std::map<std::string, float>>& values) const;
  Status texts(const std::string& key, std::vector<std::string>& values) const;

 private:
  const std::map<std::string, std::string>& strings_;
};

}  // namespace pretag
