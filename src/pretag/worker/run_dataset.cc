#include "pretag/worker/run_dataset.h"

#include <algorithm>
#include <utility>

#include "pretag/formats/embeddings_table.h"

namespace pretag {

std::string embeddings_name(const RunRecord& run) { return "default_" + run.id; }

Status RunDataset::list() {
  PRETAG_ASSIGN(std::vector<std::string> filenames, tools_.api.mapping(id_, "fileName"));
  PRETAG_ASSIGN(ids_, tools_.api.mapping(id_, "_id"));
  // Samples are only ever appended: what another job has added between the two lists is at the end of the longer one.
  ids_.resize(std::min(filenames.size(), ids_.size()));
  index_of_.clear();
  for (size_t i = 0; i < ids_.size(); ++i) index_of_.emplace(std::move(filenames[i]), i);
  return {};
}

std::optional<size_t> RunDataset::index_of(const std::string& filename) const {
  const auto found = index_of_.find(filename);
  return found == index_of_.end() ? std::nullopt : std::optional(found->second);
}

// Those of the dataset, the newest first. Where there was none there is an initial one now: of this run, or of another
// job that was faster.
Result<std::vector<TagRecord>> RunDataset::tags_with_initial() const {
  PRETAG_ASSIGN(std::vector<TagRecord> tags, tools_.api.tags(id_));
  if (!tags.empty()) return tags;
  const Status created = tools_.api.create_initial_tag(id_, run_.id);
  PRETAG_ASSIGN(tags, tools_.api.tags(id_));
  if (tags.empty() && !created) return created.error();
  return tags;
}

Status RunDataset::write_tags(const std::unordered_set<std::string>& selected) const {
  if (ids_.empty()) return {};
  PRETAG_ASSIGN(std::vector<TagRecord> tags, tags_with_initial());
  const auto count = static_cast<int64_t>(ids_.size());
  // The initial tag has all samples, also those that other jobs have put in meanwhile, or before they failed. It is
  // enough where there is nothing else yet: later its total grows, but not what it holds.
  const TagRecord& initial = tags.back();
  const bool began_here =
      tags.size() == 1 && initial.name == "initial-tag" && initial.run_id == run_.id && initial.total == count;
  const bool all_are =
      std::ranges::all_of(index_of_, [&](const auto& entry) { return selected.contains(entry.first); });
  if (all_are && began_here) return {};
  const bool small = std::ranges::any_of(tags, [&](const TagRecord& tag) { return tag.total < count; });
  const std::string grown = "after-run-";
  if (small) {
    PRETAG_TRY(tools_.api.upsize_tags(id_, grown + run_.id, run_.id));
    PRETAG_ASSIGN(tags, tools_.api.tags(id_));
  }
  std::vector<bool> bits(ids_.size());
  for (const auto& [filename, index] : index_of_) bits[index] = selected.contains(filename);
  // What it is based on has all of its samples, and is no tag that a user made.
  const auto newest = std::ranges::find_if(
      tags, [&](const TagRecord& tag) { return !tag.run_id.empty() && tag.name.starts_with(grown); });
  return tools_.api.create_tag(id_, {.name = "run-" + run_.id,
                                     .previous_id = newest == tags.end() ? tags.back().id : newest->id,
                                     .bit_mask = bit_mask(bits),
                                     .run_id = run_.id,
                                     .total = ids_.size()});
}

Status RunDataset::write_embeddings(const std::string& path) const {
  if (!tools_.files.exists(path)) return {};
  tools_.reporter.state(kUploadState, "Uploading embeddings");
  PRETAG_ASSIGN(const int64_t rows, rows_of(path));
  return tools_.api.upload_embeddings(id_, embeddings_name(run_), path, rows);
}

// Not of every sample: names that the format cannot hold are left out, and so are images without an embedding.
Result<int64_t> RunDataset::rows_of(const std::string& csv) const {
  PRETAG_ASSIGN(const auto file, tools_.files.open(csv));
  int64_t rows = 0;
  const auto count = [&](const EmbeddingsRow&) { return ++rows, Status(); };
  if (const Status read = for_each_embedding(*file, count); !read) return read.error().in(csv);
  return rows;
}

}  // namespace pretag
