// Embeddings that users bring (`embeddings=FILE`): everything that follows sees them in place of the network's.
#pragma once

#include <atomic>
#include <cstddef>
#include <span>
#include <string>

#include "pretag/run/progress.h"
#include "pretag/store/ledger.h"
#include "pretag/util/result.h"

namespace pretag {

class FileSystem;

// As embeddings are compared. Zeros stay zeros.
void scale_to_unit_length(std::span<float> embedding);

// The file that `embeddings` names, or that of this name in the Lightly folder's embeddings/; empty for an empty name.
// kNotFound names both.
Result<std::string> find_own_embeddings(const std::string& name, const std::string& lightly_folder,
                                        const FileSystem& files);

// How many numbers those of the file have; the network's, for an empty `path`. kCorrupt names the file.
Result<size_t> length_of_embeddings(const std::string& path, const FileSystem& files);

struct OwnEmbeddingsImport {
  const FileSystem& files;
  std::string path;        // empty: those of an earlier part of the run are forgotten
  bool of_a_part = false;  // of the inputs: the file may have none of them
  const std::atomic<bool>* cancel = nullptr;
};
// Brings those of the file (docs/formats/embeddings_csv.md) into the ledger, scaled to unit length, in place of those
// that it has. kCorrupt names the file and the line, kInvalidArgument says that no row is of an input; after any error
// the ledger is as it was.
Status take_own_embeddings(const OwnEmbeddingsImport& import, Ledger& ledger, ProgressSink& progress);

// How many numbers the embeddings have that for_each_result() gives.
Result<size_t> embedding_columns(const Ledger& ledger);
Result<bool> has_own_embeddings(const Ledger& ledger);
// Whether some image has one, the user's or the network's; and whether some has one of the network's.
Result<bool> any_embedding(const Ledger& ledger);
Result<bool> any_embedding_of_a_network(const Ledger& ledger);

}  // namespace pretag
