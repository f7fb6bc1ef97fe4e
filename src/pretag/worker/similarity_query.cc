#include "pretag/worker/similarity_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "pretag/formats/embeddings_csv.h"
#include "pretag/formats/embeddings_table.h"
#include "pretag/util/strings.h"
#include "pretag/worker/mount.h"

namespace pretag {
namespace {

using nlohmann::json;

constexpr size_t kMostBytes = size_t{2} << 30;  // of a dataset's embeddings

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

// A run uploads the embeddings of what it added, so that those of a tag may be in several files. Vectors of another
// length than the newest ones are of another network, and say nothing here.
class Query {
 public:
  Query(const ApiClient& api, NamedTag tag) : api_(api), tag_(std::move(tag)) {}

  Status collect() {
    PRETAG_ASSIGN(missing_, files_of(api_, tag_));
    PRETAG_ASSIGN(const auto embeddings, api_.embeddings(tag_.dataset_id));
    for (auto newest = embeddings.rbegin(); newest != embeddings.rend() && !missing_.empty(); ++newest) {
      const EmbeddingRecord& embedding = *newest;
      if (!embedding.is_processed) continue;
      PRETAG_ASSIGN(const std::string text, api_.embeddings_csv(tag_.dataset_id, embedding, kMostBytes));
      const auto table = read_embeddings_csv(text);
      if (!table) return table.error().in("the embeddings '" + one_line(embedding.name) + "' of the server");
      if (columns_ == 0) columns_ = table->columns;
      if (table->columns == columns_) take(*table);
    }
    if (!rows_.empty()) return {};
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("selection: the samples of tag '{}' in dataset {} have no embeddings; run a job with "
                             "pretagging on that dataset first",
                             one_line(tag_.name), tag_.dataset_id)};
  }

  Status write(FileSystem& files, const std::string& path) const {
    return files.stream_atomically(path, [&](const FileSystem::Sink& sink) -> Status {
      EmbeddingsCsvWriter writer(sink, columns_);
      PRETAG_TRY(writer.begin());
      for (const auto& [filename, embedding] : rows_) PRETAG_TRY(writer.add(filename, embedding));
      return {};
    });
  }

 private:
  void take(const EmbeddingsTable& table) {
    for (size_t row = 0; row < table.filenames.size(); ++row) {
      if (missing_.erase(table.filenames[row]) == 0) continue;
      const auto first = table.values.begin() + static_cast<std::ptrdiff_t>(row * columns_);
      rows_.emplace_back(table.filenames[row], Embedding(first, first + static_cast<std::ptrdiff_t>(columns_)));
    }
  }

  const ApiClient& api_;
  const NamedTag tag_;
  std::unordered_set<std::string> missing_;
  size_t columns_ = 0;
  std::vector<std::pair<std::string, Embedding>> rows_;
};

}  // namespace

Result<std::string> fetch_similarity_queries(const ApiClient& api, FileSystem& files, const std::string& selection,
                                             const std::string& folder, const std::string& shared_folder) {
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
    Query query(api, {dataset, tag});
    PRETAG_TRY(query.collect());
    const std::string path = fmt::format("{}/query_{}.csv", folder, ++number);
    PRETAG_TRY(query.write(files, path));
    input["query"] = path;
  }
  return document.dump();
}

}  // namespace pretag
