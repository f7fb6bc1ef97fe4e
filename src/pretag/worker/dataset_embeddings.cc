#include "pretag/worker/dataset_embeddings.h"

#include <map>
#include <vector>

#include "pretag/formats/embeddings_csv.h"
#include "pretag/formats/embeddings_table.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr size_t kMostBytes = size_t{2} << 30;  // of the embeddings that one run has uploaded

class Collection {
 public:
  Collection(std::unordered_set<std::string> filenames, size_t columns)
      : missing_(std::move(filenames)), columns_(columns) {}

  bool is_complete() const { return missing_.empty(); }
  size_t size() const { return rows_.size(); }

  void take(const EmbeddingsTable& table) {
    if (table.columns != columns_) return;
    for (size_t row = 0; row < table.filenames.size(); ++row) {
      if (missing_.erase(table.filenames[row]) == 0) continue;
      const auto first = table.values.begin() + static_cast<std::ptrdiff_t>(row * columns_);
      rows_.emplace(table.filenames[row], Embedding(first, first + static_cast<std::ptrdiff_t>(columns_)));
    }
  }

  Status write(FileSystem& files, const std::string& path) const {
    return files.stream_atomically(path, [&](const FileSystem::Sink& sink) -> Status {
      if (rows_.empty()) return {};
      EmbeddingsCsvWriter writer(sink, columns_);
      PRETAG_TRY(writer.begin());
      for (const auto& [filename, embedding] : rows_) PRETAG_TRY(writer.add(filename, embedding));
      return {};
    });
  }

 private:
  std::unordered_set<std::string> missing_;
  size_t columns_;
  std::map<std::string, Embedding> rows_;
};

}  // namespace

Result<size_t> write_dataset_embeddings(const ApiClient& api, FileSystem& files, const SamplesOfDataset& samples,
                                        size_t columns, const std::string& path, const std::string& except) {
  Collection collection(samples.filenames, columns);
  PRETAG_ASSIGN(const auto embeddings, api.embeddings(samples.dataset_id));
  for (auto newest = embeddings.rbegin(); newest != embeddings.rend() && !collection.is_complete(); ++newest) {
    if (!newest->is_processed || newest->name == except) continue;
    PRETAG_ASSIGN(const std::string text, api.embeddings_csv(samples.dataset_id, *newest, kMostBytes));
    const auto table = read_embeddings_csv(text);
    if (!table) return table.error().in("the embeddings '" + one_line(newest->name) + "' of the server");
    collection.take(*table);
  }
  PRETAG_TRY(collection.write(files, path));
  return collection.size();
}

}  // namespace pretag
