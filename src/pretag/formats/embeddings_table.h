// Reads an embeddings CSV (docs/formats/embeddings_csv.md): a query to be similar to, or a pool of selected samples.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/io/file_reader.h"
#include "pretag/util/result.h"

namespace pretag {

struct EmbeddingsTable {
  size_t columns = 0;                  // of the embeddings
  std::vector<std::string> filenames;  // of each row
  std::vector<float> values;           // row-major
  std::vector<uint8_t> masked;         // of each row; all 0 where the file has no such column
  std::vector<uint8_t> selected;       // likewise
};

// kCorrupt names the line: a header without embedding_0, a row with another number of fields, a number that is none
// or not finite.
Result<EmbeddingsTable> read_embeddings_csv(std::string_view text);

struct EmbeddingsRow {
  std::string filename;
  std::vector<float> values;
  bool masked = false, selected = false;
};

// The same row by row, of a file of any size: no more than a line of it is in memory. Errors of the file name its
// reason only.
Status for_each_embedding(FileReader& file, const std::function<Status(const EmbeddingsRow&)>& visit);
// How many numbers an embedding has, by the header.
Result<size_t> embeddings_csv_columns(FileReader& file);

}  // namespace pretag
