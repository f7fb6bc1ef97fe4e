// Answers that tell of many samples. They are read and sent piece by piece: a page costs what it holds, and the list of
// a dataset without a page size never is in memory as a whole. Between two pieces no connection to the database is
// held, so that slow clients are in nobody's way. For this layer.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "pretag/server/bitmask.h"
#include "pretag/server/call.h"
#include "pretag/server/sample_reader.h"

namespace pretag {

// Calls its argument once for each sample at these positions, in order, with the JSON that the answer has for it. It
// outlives the call, whose request and connection it must not keep.
using AddText = std::function<void(std::string_view)>;
using ReadSamples = std::function<Status(SqlConnection& sql, std::span<const int64_t> positions, const AddText& add)>;

struct SampleList {
  Bitmask samples;
  Page page;  // counts within `samples`
  ReadSamples read;
  size_t at_once = 500;  // samples that `read` gets in one call
  // Around and between the entries.
  std::string_view begin = "[", between = ",", end = "]";
};
Reply<HttpResponse> answer_with(const Call& call, SampleList list);

// The usual readers: an entry out of the name, or out of the document.
ReadSamples read_names(const Record& dataset, std::function<std::string(const SampleName&)> entry);
ReadSamples read_documents(const Record& dataset, std::function<nlohmann::json(const Record&)> entry);

// A value as text, in valid UTF-8 whatever the strings hold.
std::string json_dump(const nlohmann::json& value);

}  // namespace pretag
