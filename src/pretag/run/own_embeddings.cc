#include "pretag/run/own_embeddings.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <memory>
#include <utility>

#include "pretag/detect/embedding.h"
#include "pretag/formats/embeddings_table.h"
#include "pretag/io/file_system.h"
#include "pretag/io/sha256.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

// What the rows of a file are, as they are taken.
struct Rows {
  int64_t count = 0;
  size_t columns = 0;
  std::string first_name;
  bool any_selected = false;
  Sha256 checksum;

  void see(const EmbeddingsRow& row) {
    if (count++ == 0) columns = row.values.size(), first_name = row.filename;
    any_selected |= row.selected;
    const std::byte masked{row.masked};
    checksum.update(std::as_bytes(std::span(row.filename)));
    checksum.update(std::span(&masked, 1));
    checksum.update(std::as_bytes(std::span(row.values)));
  }
};

Status take_rows(FileReader& file, const std::atomic<bool>* cancel, Rows& rows, OwnEmbeddingsAdder& adder) {
  OwnEmbedding own;
  return for_each_embedding(file, [&](const EmbeddingsRow& row) -> Status {
    if (cancel != nullptr && *cancel) return Error{ErrorCode::kCancelled, "stopped"};
    rows.see(row);
    own.filename = row.filename;
    own.embedding = row.masked ? Embedding() : row.values;
    scale_to_unit_length(own.embedding);
    return adder.add(own);
  });
}

Error of_no_image(const Rows& rows) {
  if (rows.count == 0) return {ErrorCode::kInvalidArgument, "has no rows"};
  return {ErrorCode::kInvalidArgument,
          fmt::format("none of its {} rows is of an image of this run, the first is of '{}'; images are named by their "
                      "path below the input folder",
                      rows.count, rows.first_name)};
}

// `visit_all` calls it for every image, until it returns an error.
template <class VisitAll>
Result<bool> any_of(const VisitAll& visit_all) {
  bool any = false;
  const Status visited = visit_all([&](const ImageResult& image) -> Status {
    any = !image.embedding.empty();
    return any ? Status(Error{ErrorCode::kCancelled, "one is enough"}) : Status();
  });
  if (!visited && !any) return visited.error();
  return any;
}

Result<std::unique_ptr<FileReader>> open_file(const std::string& path, const FileSystem& files) {
  auto file = files.open(path);
  return file ? std::move(file) : file.error().in(path);
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

Result<size_t> length_of_embeddings(const std::string& path, const FileSystem& files) {
  if (path.empty()) return static_cast<size_t>(kEmbeddingSize);
  PRETAG_ASSIGN(const auto file, open_file(path, files));
  auto columns = embeddings_csv_columns(*file);
  return columns ? columns : columns.error().in(path);
}

Status take_own_embeddings(const OwnEmbeddingsImport& import, Ledger& ledger, ProgressSink& progress) {
  PRETAG_ASSIGN(const bool has_some, has_own_embeddings(ledger));
  if (import.path.empty()) {
    return has_some ? ledger.replace_own_embeddings([](auto&) -> Result<std::string> { return std::string(); })
                    : Status();
  }
  PRETAG_ASSIGN(const auto file, open_file(import.path, import.files));
  progress.info(
      fmt::format("Reading the embeddings of {} ({})", import.path, human_bytes(static_cast<double>(file->size()))));
  Rows rows;
  int64_t images = 0;
  const Status taken = ledger.replace_own_embeddings([&](OwnEmbeddingsAdder& adder) -> Result<std::string> {
    PRETAG_TRY(take_rows(*file, import.cancel, rows, adder));
    PRETAG_ASSIGN(images, adder.count());
    if (images == 0 && !import.of_a_part) return of_no_image(rows);
    return fmt::format("{} {}", rows.columns, rows.checksum.hex());
  });
  if (!taken) return taken.error().in(import.path);
  PRETAG_ASSIGN(const LedgerCounts inputs, ledger.counts());
  if (rows.any_selected) {
    progress.warning(import.path +
                     ": what its column 'selected' says has no effect; datapool.name knows what was selected");
  }
  progress.info(fmt::format("Embeddings of {}: {} numbers each, for {} of {} images", import.path, rows.columns, images,
                            inputs.total()));
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

Result<bool> any_embedding(const Ledger& ledger) {
  return any_of([&](const auto& visit) { return ledger.for_each_result(visit); });
}

Result<bool> any_embedding_of_a_network(const Ledger& ledger) {
  return any_of([&](const auto& visit) { return ledger.for_each_whole_result(visit); });
}

}  // namespace pretag
