// What the service of a bucket answers, from outside: a page of a listing whose names are names, or an error that
// people can use.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pretag/bucket/bucket_dialect.h"
#include "pretag/bucket/s3_xml.h"

using namespace pretag;

namespace {

bool is_one_line(const std::string& text) { return text.find('\n') == std::string::npos; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view xml(reinterpret_cast<const char*>(data), size);
  for (const BucketDialect* dialect : {&s3_dialect(), &azure_dialect()}) {
    const auto page = dialect->parse_listing(xml);
    if (page) {
      const auto has_no_name = [](const BucketObject& object) { return object.key.empty(); };
      if (std::ranges::any_of(page->objects, has_no_name)) std::abort();
      if (std::ranges::any_of(page->prefixes, &std::string::empty)) std::abort();
    } else if (page.error().message.empty() || !is_one_line(page.error().message)) {
      std::abort();
    }
  }
  const BucketError error = parse_bucket_error(xml);
  if (!is_one_line(error.message)) std::abort();
  return 0;
}
