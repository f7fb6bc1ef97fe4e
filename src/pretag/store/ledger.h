// The run ledger: an SQLite file in the run folder that knows every input, what became of it and why. Resume, exports
// and the report read it; it is the only state of a run.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pretag/data/image_info.h"
#include "pretag/data/prediction.h"
#include "pretag/util/result.h"

namespace pretag {

// A finished image: everything later stages need, so that no stage has to open the image again.
struct ImageResult {
  ImageInfo info;
  // Everything above the detector's own cut, by falling score. Read without the embeddings of the objects.
  std::vector<Detection> detections;
  // Of the network; read it is the user's own, if the ledger has any. May be empty.
  Embedding embedding;
  // Of predictions that users brought along, with embeddings. Read without them, too.
  std::vector<Region> regions = {};
  // Read: the user's own embeddings mask the image, so it is neither to be selected nor to matter to what is.
  bool is_masked = false;
};

// An embedding that a user brings for an image.
struct OwnEmbedding {
  std::string filename;
  Embedding embedding;
};

// Takes them to the ledger. Of several of one image the last counts; one without values masks the image.
class OwnEmbeddingsAdder {
 public:
  virtual ~OwnEmbeddingsAdder() = default;
  // Those of images that are no inputs are passed over.
  virtual Status add(const OwnEmbedding& embedding) = 0;
  // How many images have one now.
  virtual Result<int64_t> count() = 0;
};

struct ImageFailure {
  std::string filename;
  std::string reason;  // for people, one line
};

struct LedgerCounts {
  int64_t pending = 0, done = 0, failed = 0;
  int64_t total() const { return pending + done + failed; }
  int64_t usable() const { return pending + done; }  // as far as is known
};

// The fact that holds the classes the model reports, a JSON list of names: evaluation needs to know what could have
// been found.
inline constexpr char kOutputClassesFact[] = "output_classes";
// All classes of the model, background first, in the order of Detection::probabilities; a JSON list as well.
inline constexpr char kModelClassesFact[] = "model_classes";
// From which score on a detection counts as found, a number.
inline constexpr char kScoreThresholdFact[] = "score_threshold";

// The prediction tasks of the user's whose boxes the network was asked about, a JSON list of names.
inline constexpr char kEmbeddedTasksFact[] = "embedded_tasks";

// How many numbers the user's own embeddings have, and a checksum of them; empty: there are none.
inline constexpr char kOwnEmbeddingsFact[] = "own_embeddings";

// Owns the connection. Every write is durable when the call returns (power loss included); a crash between calls loses
// nothing, a crash inside one loses that call only. Thread-safe: calls wait for one another, and a for_each_* holds
// nothing while it visits, so the visitor or another thread may write; what is written behind the visitor's place in
// the order is not seen any more. Errors are kIo (disk full, read-only) or kCorrupt (not a ledger, damaged, or
// of a newer version), and name the path.
class Ledger {
 public:
  // Opens or creates the ledger at `path` (":memory:" for tests) for one writer: while it is open, every other open of
  // the same file, also for reading, is kUnavailable.
  static Result<std::unique_ptr<Ledger>> open(const std::string& path);
  // A ledger to read, by any number of processes at once; kNotFound where there is none. Its writing calls are errors.
  static Result<std::unique_ptr<Ledger>> open_read_only(const std::string& path);
  virtual ~Ledger() = default;
  // Brings all that was written into the one file, as the destructor does without a word where it fails: it can be
  // renamed then, while it is still open. Nothing is to be written behind that.
  virtual Status settle() = 0;

  // Small facts about the run (model hash, precision …): a resumed run compares them with its own.
  virtual Status set_fact(const std::string& key, const std::string& value) = 0;
  virtual Result<std::optional<std::string>> fact(const std::string& key) const = 0;

  // Adds inputs as pending; known ones keep their state.
  virtual Status add_inputs(const std::vector<std::string>& filenames) = 0;
  // Calls `visit` for every pending input in byte order of its name, without holding them all in memory.
  virtual Status for_each_pending(const std::function<Status(const std::string& filename)>& visit) const = 0;

  // One transaction for the whole batch. Replaces what was known of these images. Everything is kept exactly, but for
  // the class probabilities, which are rounded to multiples of 1/65535, and the embeddings of the objects: see
  // object_embeddings.h.
  virtual Status record(const std::vector<ImageResult>& results, const std::vector<ImageFailure>& failures) = 0;

  // Failures of inputs that could not even be opened. What an earlier part of the run found in them stays: they may
  // only be away for a while.
  virtual Status record_unopened(const std::vector<ImageFailure>& failures) = 0;

  // In byte order of the file name, one at a time.
  virtual Status for_each_result(const std::function<Status(const ImageResult&)>& visit) const = 0;
  // The same with regions and the embeddings of the objects, which images recorded by version 1 do not have.
  virtual Status for_each_result_with_objects(const std::function<Status(const ImageResult&)>& visit) const = 0;
  // The same again, but with the network's embedding of the image in any case: all that record() was given. For copying
  // into another ledger.
  virtual Status for_each_whole_result(const std::function<Status(const ImageResult&)>& visit) const = 0;
  // Embeddings that users bring, without values for masked images. As long as kOwnEmbeddingsFact says that there are
  // some, they alone are the images': one without has none.
  virtual Status for_each_own_embedding(const std::function<Status(const OwnEmbedding&)>& visit) const = 0;
  // Replaces all that there are by those that `fill` adds, and the fact by what it returns, in one transaction: after
  // an error or a crash everything is as it was. Meanwhile nobody else can use the ledger, nor can `fill`.
  virtual Status replace_own_embeddings(const std::function<Result<std::string>(OwnEmbeddingsAdder&)>& fill) = 0;
  virtual Status for_each_failure(const std::function<Status(const ImageFailure&)>& visit) const = 0;
  virtual Result<LedgerCounts> counts() const = 0;
  // Forgets every failed input: whoever lists the inputs again adds those that are still there, to be tried again.
  virtual Status forget_failures() = 0;
};

}  // namespace pretag
