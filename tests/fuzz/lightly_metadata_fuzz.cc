// Metadata from outside: the first line is a schema, the rest an image's file.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "pretag/formats/lightly_metadata.h"

using namespace pretag;

namespace {

void check(const Error& error) {
  if (error.message.empty() || error.message.find('\n') != std::string::npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t end = std::min(text.find('\n'), text.size());
  const auto metadata = read_custom_metadata(text.substr(end));
  if (!metadata) check(metadata.error());
  if (metadata && frame_metadata(*metadata, *metadata) != *metadata) std::abort();
  const auto configuration = metadata_configuration(text.substr(0, end));
  if (configuration && !metadata_configuration(*configuration)) std::abort();
  const auto fields = read_metadata_schema(text.substr(0, end));
  if (!fields) return check(fields.error()), 0;
  for (const MetadataField& field : *fields) {
    if (const auto fallback = read_metadata_value(field, std::nullopt); !fallback) check(fallback.error());
    const auto value = read_metadata_value(field, text.substr(end));
    if (!value) check(value.error());
    if (value && !std::isfinite(value->number)) std::abort();
  }
  return 0;
}
