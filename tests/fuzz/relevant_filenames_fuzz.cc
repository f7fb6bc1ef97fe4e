// Any text must give a list or an error that names the line; a listed name must be relevant, matching must end.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pretag/source/relevant_filenames.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto relevant = pretag::parse_relevant_filenames(text, "list");
  if (!relevant) {
    if (!relevant.error().message.starts_with("list, line ")) std::abort();
    return 0;
  }
  for (const std::string& name : relevant->names()) {
    if (!relevant->matches(name)) std::abort();
  }
  for (const char* key : {"image_1.png", "subdir/image_41.png", "a/b/c/d/e.jpg", ""}) relevant->matches(key);
  relevant->matches(text.substr(0, 300));
  return 0;
}
