// The columns that a selection works on, filled from the ledger one image at a time: no picture is opened again.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "pretag/data/run_config.h"
#include "pretag/data/selection.h"
#include "pretag/run/prediction_files.h"
#include "pretag/select/selector.h"
#include "pretag/store/ledger.h"
#include "pretag/util/result.h"

namespace pretag {

class FileSystem;

// Where a selection looks things up.
struct SelectionSources {
  const FileSystem& files;
  std::string lightly_folder;              // <input>/.lightly: metadata and prediction tasks
  std::vector<std::string> classes;        // that the detector reports
  std::vector<std::string> model_classes;  // of Detection::probabilities, background first; may be empty
  float score_threshold = 0;               // the detector's objects below do not count
  bool is_pretagged = true;                // whether objects were looked for
  size_t embedding_columns = 0;            // of the images' embeddings
  // Of users, whose objects have embeddings; the detector's have in any case.
  std::vector<std::string> embedded_tasks = {};
  // What reads users' predictions tells of their files; shared by copies. Null: damaged ones are errors.
  std::shared_ptr<PredictionFiles> prediction_files = std::make_shared<PredictionFiles>();

  // The same, looked up in other files.
  SelectionSources with_files(const FileSystem& others) const {
    return {.files = others,
            .lightly_folder = lightly_folder,
            .classes = classes,
            .model_classes = model_classes,
            .score_threshold = score_threshold,
            .is_pretagged = is_pretagged,
            .embedding_columns = embedding_columns,
            .embedded_tasks = embedded_tasks,
            .prediction_files = prediction_files};
  }
};

// What is chosen among: an image, or an object of one. Of an object, `image` is its image as if it showed nothing else:
// with this detection alone, whose embedding is the image's.
struct SelectionSample {
  const std::string& name;  // its own: the image's, or the crop's
  const ImageResult& image;
};

// One input of a selection, growing with every sample. Made by make_column().
class SelectionColumn {
 public:
  virtual ~SelectionColumn() = default;
  virtual Status add(const SelectionSample& sample) = 0;
  // The files that add() will read for this image, so that they can be fetched before.
  virtual std::vector<std::string> files_of(const std::string& /*filename*/) const { return {}; }
  // Whether add() needs the embeddings of the image's objects, and its regions.
  virtual bool is_of_objects() const { return false; }
  // Whether add() needs the sample's embedding.
  virtual bool is_of_embeddings() const { return false; }
  // An image that is known by its embedding alone, of an earlier selection.
  virtual Status add_foreign(const std::string& filename, std::span<const float> embedding) = 0;
  // The whole column as the input of `objective`.
  virtual void move_into(Objective& objective) = 0;
};

// kInvalidArgument or kNotFound for a task, score, class or metadata key that does not exist; the message lists what
// does. `config` has the parameters of scores and the seed.
Result<std::unique_ptr<SelectionColumn>> make_column(const SelectionEntry& entry, const RunConfig& config,
                                                     const SelectionSources& sources);

}  // namespace pretag
