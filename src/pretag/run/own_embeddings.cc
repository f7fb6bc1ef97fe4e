#include "pretag/run/own_embeddings.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <span>
#include <utility>
#include <vector>

#include "pretag/detect/embedding.h"
#include "pretag/formats/embeddings_table.h"
#include "pretag/io/file_system.h"
#include "pretag/io/sha256.h"

namespace pretag {
namespace {

// Takes rows to the ledger, many at a time.
class Import {
 public:
  explicit Import(Ledger& ledger) : ledger_(ledger) {}

  Status add(const EmbeddingsRow& row) {
    if (rows_ == 0) columns_ = row.values.size(), first_name_ = row.filename;
    ++rows_;
    checksum_.update(std::as_bytes(std::span(row.filename)));
    checksum_.update(std::as_bytes(std::span(row.values)));
    any_selected_ |= row.selected;
    if (row.masked) return {};
    OwnEmbedding own{.filename = row.filename, .embedding = row.values};
    scale_to_unit_length(own.embedding);
    batch_.push_back(std::move(own));
    constexpr size_t kBatch = 1000;
    return batch_.size() < kBatch ? Status() : write();
  }

  Status write() {
    PRETAG_ASSIGN(const size_t kept, ledger_.add_own_embeddings(batch_));
    kept_ += kept;
    batch_.clear();
    return {};
  }

  size_t rows() const { return rows_; }
  size_t kept() const { return kept_; }
  size_t columns() const { return columns_; }
  const std::string& first_name() const { return first_name_; }
  bool any_selected() const { return any_selected_; }
  std::string checksum() { return checksum_.hex(); }

 private:
  Ledger& ledger_;
  std::vector<OwnEmbedding> batch_;
  size_t rows_ = 0, kept_ = 0, columns_ = 0;
  std::string first_name_;
  bool any_selected_ = false;
  Sha256 checksum_;
};

Status take_all(FileReader& file, bool a_part, Import& import) {
  PRETAG_TRY(for_each_embedding(file, [&](const EmbeddingsRow& row) { return import.add(row); }));
  PRETAG_TRY(import.write());
  if (import.kept() > 0 || a_part) return {};
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("none of its {} rows is of an image of this run, the first is of '{}'; images are named by "
                           "their path below the input folder",
                           import.rows(), import.first_name())};
}

Status forget(Ledger& ledger) {
  PRETAG_ASSIGN(const bool any, has_own_embeddings(ledger));
  if (!any) return {};
  PRETAG_TRY(ledger.forget_own_embeddings());
  return ledger.set_fact(kOwnEmbeddingsFact, "");
}

}  // namespace

void scale_to_unit_length(std::span<float> embedding) {
  double square = 0;
  for (const float value : embedding) square += static_cast<double>(value) * value;
  if (!(square > 0)) return;
  const double scale = 1 / std::sqrt(square);
  for (float& value : embedding) value = static_cast<float>(value * scale);
}

Result<std::string> find_own_embeddings(const std::string& name, const std::string& lightly_folder,
                                        const FileSystem& files) {
  if (name.empty() || files.exists(name)) return name;
  const std::string in_lightly = lightly_folder + "/embeddings/" + name;
  if (files.exists(in_lightly)) return in_lightly;
  return Error{ErrorCode::kNotFound, fmt::format("embeddings: there is neither {} nor {}", name, in_lightly)};
}

Status take_own_embeddings(const std::string& path, bool a_part, const FileSystem& files, Ledger& ledger,
                           ProgressSink& progress) {
  PRETAG_TRY(forget(ledger));
  if (path.empty()) return {};
  const auto file = files.open(path);
  if (!file) return file.error().in(path);
  // Should the program die in the middle, whoever comes next knows that there are some to be forgotten.
  PRETAG_TRY(ledger.set_fact(kOwnEmbeddingsFact, "0 unfinished"));
  Import import(ledger);
  if (const Status taken = take_all(**file, a_part, import); !taken) {
    PRETAG_TRY(forget(ledger));
    return taken.error().in(path);
  }
  PRETAG_ASSIGN(const LedgerCounts inputs, ledger.counts());
  PRETAG_TRY(ledger.set_fact(kOwnEmbeddingsFact, fmt::format("{} {}", import.columns(), import.checksum())));
  if (import.any_selected()) {
    progress.warning(path + ": what its column 'selected' says has no effect; datapool.name knows what was selected");
  }
  progress.info(fmt::format("Embeddings of {}: {} numbers each, for {} of {} images", path, import.columns(),
                            import.kept(), inputs.total()));
  return {};
}

Result<size_t> embedding_columns(const Ledger& ledger) {
  PRETAG_ASSIGN(const auto fact, ledger.fact(kOwnEmbeddingsFact));
  if (!fact || fact->empty()) return static_cast<size_t>(kEmbeddingSize);
  return static_cast<size_t>(std::strtoull(fact->c_str(), nullptr, 10));
}

Result<bool> has_own_embeddings(const Ledger& ledger) {
  PRETAG_ASSIGN(const auto fact, ledger.fact(kOwnEmbeddingsFact));
  return fact && !fact->empty();
}

}  // namespace pretag
