#include "pretag/worker/similarity_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "pretag/util/strings.h"
#include "pretag/worker/dataset_embeddings.h"
#include "pretag/worker/mount.h"

namespace pretag {
namespace {

using nlohmann::json;

struct NamedTag {
  std::string dataset_id, name;
};

// Takes a text out of an object, in either spelling; empty where there is none.
std::string take_text(json& object, const char* camel, const char* snake) {
  std::string text;
  for (const char* key : {camel, snake}) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_string()) continue;
    text = found->get<std::string>();
    object.erase(found);
  }
  return text;
}

Result<std::unordered_set<std::string>> files_of(const ApiClient& api, const NamedTag& wanted) {
  PRETAG_ASSIGN(const auto tags, api.tags(wanted.dataset_id));
  const auto tag = std::ranges::find(tags, wanted.name, &TagRecord::name);
  if (tag == tags.end()) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("selection: dataset {} has no tag '{}'", wanted.dataset_id, one_line(wanted.name))};
  }
  PRETAG_ASSIGN(const auto bits, api.tag_bits(wanted.dataset_id, tag->id));
  PRETAG_ASSIGN(const auto names, api.mapping(wanted.dataset_id, "fileName"));
  std::unordered_set<std::string> files;
  for (size_t i = 0; i < std::min(bits.size(), names.size()); ++i) {
    if (bits[i]) files.insert(names[i]);
  }
  return files;
}

Status write_query(const ApiClient& api, FileSystem& files, const NamedTag& tag, size_t columns,
                   const std::string& path) {
  PRETAG_ASSIGN(auto filenames, files_of(api, tag));
  const SamplesOfDataset samples{tag.dataset_id, std::move(filenames)};
  PRETAG_ASSIGN(const size_t found, write_dataset_embeddings(api, files, samples, columns, path));
  if (found > 0) return {};
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("selection: the samples of tag '{}' in dataset {} have no embeddings of {} numbers, as this "
                           "job's; run a job with pretagging, or with the same 'embeddings', on that dataset first",
                           one_line(tag.name), tag.dataset_id, columns)};
}

}  // namespace

Result<std::string> fetch_similarity_queries(const ApiClient& api, FileSystem& files, const std::string& selection,
                                             size_t columns, const std::string& folder,
                                             const std::string& shared_folder) {
  json document = json::parse(selection, nullptr, false);
  if (!document.is_object() || !document.contains("strategies")) return selection;
  int number = 0;
  for (json& entry : document["strategies"]) {
    if (!entry.is_object() || !entry.contains("input") || !entry["input"].is_object()) continue;
    json& input = entry["input"];
    if (input.contains("query") && input["query"].is_string()) {
      PRETAG_ASSIGN(input["query"], below_mount(shared_folder, input["query"].get<std::string>(), "selection: query"));
    }
    const std::string dataset = take_text(input, "datasetId", "dataset_id");
    const std::string tag = take_text(input, "tagName", "tag_name");
    if (dataset.empty() && tag.empty()) continue;
    if (dataset.empty() || tag.empty()) {
      return Error{ErrorCode::kInvalidArgument, "selection: an input needs both dataset_id and tag_name, or neither"};
    }
    const std::string path = fmt::format("{}/query_{}.csv", folder, ++number);
    PRETAG_TRY(write_query(api, files, {dataset, tag}, columns, path));
    input["query"] = path;
  }
  return document.dump();
}

}  // namespace pretag
