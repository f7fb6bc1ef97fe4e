// Dumps from outside. What was read must come out of the writer as what is read again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "pretag/formats/pretagging_dump.h"

using namespace pretag;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<PretaggingDumpEntry> entries;
  const auto collect = [&](const PretaggingDumpEntry& entry) { return entries.push_back(entry), Status(); };
  const Status status = read_pretagging_dump({reinterpret_cast<const char*>(data), size}, collect);
  if (!status) {
    if (status.error().message.empty()) std::abort();
    return 0;
  }
  std::string text;
  PretaggingDumpWriter writer([&](std::string_view piece) { return text += piece, Status(); }, 0);
  if (!writer.begin()) std::abort();
  for (const PretaggingDumpEntry& entry : entries) {
    if (!writer.add(to_pixels(entry, 1000, 1000))) std::abort();
  }
  if (!writer.end()) std::abort();
  const size_t count = entries.size();
  if (!read_pretagging_dump(text, collect) || entries.size() != 2 * count) std::abort();
  for (size_t i = 0; i < count; ++i) {
    const auto &written = entries[i].relative_detections, &read = entries[count + i].relative_detections;
    if (entries[i].filename != entries[count + i].filename || written.size() != read.size()) std::abort();
  }
  return 0;
}
