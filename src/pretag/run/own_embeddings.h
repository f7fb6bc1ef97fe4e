// Embeddings that users bring (`embeddings=FILE`): everything that follows sees them in place of the network's.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "pretag/run/progress.h"
#include "pretag/store/ledger.h"
#include "pretag/util/result.h"

namespace pretag {

class FileSystem;

// The ledger's fact with how many numbers they have and a checksum of them; empty: there are none.
inline constexpr char kOwnEmbeddingsFact[] = "own_embeddings";

// As embeddings are compared. Zeros stay zeros.
void scale_to_unit_length(std::span<float> embedding);

// The file that `embeddings` names, or that of this name in the Lightly folder's embeddings/. kNotFound names both.
Result<std::string> find_own_embeddings(const std::string& name, const std::string& lightly_folder,
                                        const FileSystem& files);

// Brings those of the file (docs/formats/embeddings_csv.md) into the ledger, scaled to unit length, for every input
// that has a row; rows that are masked are left out. Replaces those of an earlier part of the run; with an empty `path`
// they are forgotten. kCorrupt names the file and the line. kInvalidArgument if no row is of an input, unless the
// ledger is only `a_part` of the inputs.
Status take_own_embeddings(const std::string& path, bool a_part, const FileSystem& files, Ledger& ledger,
                           ProgressSink& progress);

// How many numbers the embeddings have that for_each_result() gives.
Result<size_t> embedding_columns(const Ledger& ledger);
Result<bool> has_own_embeddings(const Ledger& ledger);

}  // namespace pretag
