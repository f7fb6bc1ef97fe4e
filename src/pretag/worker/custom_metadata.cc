#include "pretag/worker/custom_metadata.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "pretag/formats/lightly_metadata.h"
#include "pretag/source/source.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

using nlohmann::json;

constexpr char kConfigurationName[] = "Custom metadata";
constexpr size_t kMostBytes = size_t{1} << 20;  // that the server takes of a sample

// Numbers are compared as such: a server may write 1.0 as 1.
bool says_same(const std::string& configuration, const std::string& fields) {
  const auto theirs = metadata_configuration(configuration);
  return theirs && json::parse(*theirs) == json::parse(fields);
}

Status configure(const ApiClient& api, const std::string& dataset_id, const std::string& fields) {
  PRETAG_ASSIGN(const auto known, api.metadata_configurations(dataset_id));
  if (std::ranges::any_of(known, [&](const std::string& theirs) { return says_same(theirs, fields); })) return {};
  return api.create_metadata_configuration(dataset_id, kConfigurationName, fields);
}

}  // namespace

Status CustomMetadata::tell_schema(const std::string& dataset_id) {
  // Most datasets have none: then there is nothing to ask of a bucket for each sample.
  any_ = files_.exist();
  if (!any_) return {};
  const auto schema = files_.read_schema();
  if (!schema && concerns_all_keys(schema.error())) return schema.error();
  if (!schema) return leave_out(files_.schema_path(), schema.error().message), Status();
  return *schema ? tell(dataset_id, **schema) : Status();
}

Status CustomMetadata::tell(const std::string& dataset_id, const std::string& schema) {
  const std::string path = files_.schema_path();
  const auto fields = metadata_configuration(schema);
  if (!fields) return leave_out(path, fields.error().in(path).message), Status();
  Status told = configure(tools_.api, dataset_id, *fields);
  // A server that does not take it takes the samples all the same.
  const bool is_refused =
      !told && (told.error().code == ErrorCode::kInvalidArgument || told.error().code == ErrorCode::kNotFound);
  if (is_refused) return leave_out(path, told.error().in(path).message), Status();
  return told;
}

Status CustomMetadata::add_to(std::vector<SampleRecord>& samples) {
  if (!any_) return {};
  std::set<std::string> paths;  // frames share that of their video
  for (const SampleRecord& sample : samples) {
    for (std::string& path : files_.paths_of(sample.image.filename)) paths.insert(std::move(path));
  }
  ahead_.fetch({paths.begin(), paths.end()});
  for (SampleRecord& sample : samples) {
    PRETAG_TRY(tools_.go_on());
    PRETAG_ASSIGN(sample.custom_metadata, of(sample.image.filename));
  }
  return {};
}

Result<std::string> CustomMetadata::of(const std::string& filename) {
  std::string metadata;
  for (const std::string& path : files_.paths_of(filename)) {
    PRETAG_ASSIGN(const std::string more, read(path));
    std::string both = frame_metadata(metadata, more);
    if (both.size() <= kMostBytes) {
      metadata = std::move(both);
    } else {
      leave_out(path, path + ": a sample would have more metadata than the 1 MiB that the server takes");
    }
  }
  return metadata;
}

Result<std::string> CustomMetadata::read(const std::string& path) {
  const auto text = files_.read(path);
  if (!text && concerns_all_keys(text.error())) return text.error();
  if (!text) return leave_out(path, text.error().message), std::string();
  if (!*text) return std::string();
  auto metadata = read_custom_metadata(**text);
  if (metadata) return metadata;
  leave_out(path, metadata.error().in(path).message);
  return std::string();
}

// A video's file is met with each of its frames.
void CustomMetadata::leave_out(const std::string& path, const std::string& why) {
  if (!left_out_.insert(path).second || left_out_.size() > kMostNamed) return;
  tools_.reporter.log("WARNING", "Metadata is left out: " + why);
}

void CustomMetadata::tell_of_others() const {
  if (left_out_.size() <= kMostNamed) return;
  const auto others = static_cast<int64_t>(left_out_.size() - kMostNamed);
  tools_.reporter.log("WARNING", "Metadata is left out of " + counted(others, "more file", "more files"));
}

}  // namespace pretag
