// What a selection chooses among: the images of the ledger, or the objects in them, with their columns.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pretag/data/selection.h"
#include "pretag/run/read_ahead.h"
#include "pretag/run/selection_table.h"
#include "pretag/store/ledger.h"
#include "pretag/util/result.h"

namespace pretag {

struct SelectionPass;

// The object that a sample is.
struct ObjectPlace {
  uint32_t image = 0;  // in SelectionSamples::object_images
  uint32_t index = 0;  // among the image's objects
};

struct SelectionSamples {
  std::vector<uint8_t> preselected;  // of each sample
  // Of the samples, in byte order; then those of the pool that are no inputs. Empty where the samples are objects.
  std::vector<std::string> filenames;
  size_t inputs_without_duplicates = 0;
  std::vector<std::unique_ptr<SelectionColumn>> columns;  // one a strategy
  std::vector<DuplicatePair> duplicates;
  int64_t inputs = 0;                          // images that were read
  std::vector<std::string> without_embedding;  // images that are no samples: the user's embeddings lack them
  std::vector<std::string> masked;             // nor are these, which the user's embeddings mask

  // Where the samples are objects.
  std::vector<ObjectPlace> objects;                    // of each sample
  std::vector<std::string> object_images;              // that have objects, in byte order
  std::vector<ObjectSelection::Class> object_classes;  // the inputs, those without an embedding included
  int64_t objects_without_embedding = 0;               // which are no samples, if embeddings are needed
  int64_t objects_without_box = 0;                     // which are none in any case, and no inputs

  size_t count() const { return preselected.size(); }
};

// `files` shows the pass's files, and has to live as long as the columns do.
Result<SelectionSamples> read_samples(const Ledger& ledger, const SelectionPass& pass, ReadAhead& files);

}  // namespace pretag
