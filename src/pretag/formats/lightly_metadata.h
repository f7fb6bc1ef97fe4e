// Custom metadata of images: .lightly/metadata/schema.json and one JSON file an image. docs/formats/selection.md.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/util/result.h"

namespace pretag {

struct MetadataField {
  std::string name, path;  // path: keys with dots between them, into an image's "metadata"
  bool numeric = false;    // else categorical
  bool has_default = false;
  std::string default_text;
  double default_number = 0;
};

// kCorrupt names the entry: a missing path, an unknown value type, a default of another type.
Result<std::vector<MetadataField>> read_metadata_schema(std::string_view json);

// The values of one image.
struct MetadataValue {
  double number = 0;  // of a numeric field
  std::string text;   // of a categorical one
};

// `json`: the text of the image's file, or nothing where there is none: then, and where the key is absent, it is the
// field's default. kCorrupt or kNotFound where that has none; kCorrupt for text that is not JSON and for a value of
// another type.
Result<MetadataValue> read_metadata_value(const MetadataField& field, std::optional<std::string_view> json);

// The fields of a schema as the platform's API has them, as JSON text: a list of objects with `name` (the path where
// the schema has none), `path`, `defaultValue` (null where there is none) and `valueDataType`. kCorrupt as of
// read_metadata_schema().
Result<std::string> metadata_configuration(std::string_view json);

// All values of an image, nested as they are in its file, as JSON text; empty where the file has none. kCorrupt for
// text that is not JSON, and for "metadata" that is no object.
Result<std::string> read_custom_metadata(std::string_view json);
// Both from read_custom_metadata() or empty: what a frame's own file does not say, its video's does.
std::string frame_metadata(const std::string& own, const std::string& of_video);

// "a/b.jpg" -> "a/b.json": where an image's file lies, relative to .lightly/metadata.
std::string metadata_file_of(std::string_view filename);

}  // namespace pretag
