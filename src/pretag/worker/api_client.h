// The calls of the platform's API that a worker makes (docs/worker.md lists them). Errors are those of ApiTransport;
// kCorrupt names the call whose answer is not what the API says.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pretag/data/prediction.h"
#include "pretag/util/result.h"
#include "pretag/worker/api_records.h"
#include "pretag/worker/api_transport.h"

namespace pretag {

// Thread-safe. `transport` must outlive it.
class ApiClient {
 public:
  explicit ApiClient(const ApiTransport& transport) : transport_(transport) {}
  const ApiTransport& transport() const { return transport_; }

  // Workers.
  Result<std::vector<WorkerRecord>> workers() const;
  Result<WorkerRecord> worker(const std::string& id) const;
  Result<std::string> register_worker(const std::string& name, const std::vector<std::string>& labels) const;
  // The heartbeat; not tried again, for the next one follows.
  Status set_worker_state(const std::string& id, const std::string& state) const;

  // The schedule.
  Result<std::vector<ScheduledRun>> scheduled_for(const std::string& worker_id, const std::string& state) const;
  // Those in `state`; OPEN and LOCKED ones if it is empty. Not tried again.
  Result<std::vector<ScheduledRun>> scheduled_of_dataset(const std::string& dataset_id,
                                                         const std::string& state = "") const;
  // False when somebody else has the lock.
  Result<bool> lock(const ScheduledRun& scheduled, const std::string& worker_id) const;
  // DONE, or OPEN to give back.
  Status release(const ScheduledRun& scheduled, const std::string& worker_id, const std::string& state) const;

  // The job: {"workerType":…, "docker":…, "lightly":…, "selection":…} as JSON text.
  Result<std::string> job_config(const std::string& config_id) const;
  Result<DatasetRecord> dataset(const std::string& dataset_id) const;
  // One of the token's user.
  Result<std::optional<DatasetRecord>> dataset_named(const std::string& name) const;
  // kInvalidArgument where there is one of the name.
  Result<std::string> create_dataset(const DatasetRecord& dataset) const;
  Result<std::vector<DatasourceRecord>> datasources(const std::string& dataset_id) const;
  // Unix seconds up to which the dataset's files have been read by jobs; 0: none have.
  Result<int64_t> processed_until(const std::string& dataset_id) const;
  Status set_processed_until(const std::string& dataset_id, int64_t unix_seconds) const;

  // Runs.
  Result<std::optional<RunRecord>> run_of(const ScheduledRun& scheduled) const;
  // Not tried again: look with run_of() whether it was made.
  Result<std::string> create_run(const ScheduledRun& scheduled) const;
  Status set_run_state(const std::string& run_id, const std::string& state, const std::string& message) const;
  Status add_logs(const std::string& run_id, const std::vector<LogLine>& lines) const;
  Status upload_artifact(const std::string& run_id, const ArtifactRecord& artifact, const std::string& path) const;

  // The dataset. mapping(): a field (`fileName`, `_id`) of each of its samples, in the order of the tags' bits.
  Result<std::vector<std::string>> mapping(const std::string& dataset_id, const std::string& field) const;
  // Adds samples, 1000 at most, in their order, and replaces what is known of those that have ids. In one request where
  // the server takes that and their custom metadata is not too large for it.
  Status put_samples(const std::string& dataset_id, const std::vector<SampleRecord>& samples) const;
  // What tells one sample from another: all of its image but the content hash, its thumbnail, and of a crop `crop`.
  Result<SampleRecord> sample(const std::string& dataset_id, const std::string& sample_id) const;
  // Which custom metadata samples have: the fields of each configuration, as of metadata_configuration() in
  // formats/lightly_metadata.h.
  Result<std::vector<std::string>> metadata_configurations(const std::string& dataset_id) const;
  // It becomes the one that counts.
  Status create_metadata_configuration(const std::string& dataset_id, const std::string& name,
                                       const std::string& fields) const;
  // The newest first. Without their masks, which together may be larger than an answer can be.
  Result<std::vector<TagRecord>> tags(const std::string& dataset_id) const;
  Result<std::vector<bool>> tag_bits(const std::string& dataset_id, const std::string& tag_id) const;
  Status create_initial_tag(const std::string& dataset_id, const std::string& run_id) const;
  Status upsize_tags(const std::string& dataset_id, const std::string& name, const std::string& run_id) const;
  struct NewTag {
    std::string name, previous_id, bit_mask, run_id;
    size_t total = 0;  // samples of the dataset
  };
  Status create_tag(const std::string& dataset_id, const NewTag& tag) const;

  Result<std::vector<EmbeddingRecord>> embeddings(const std::string& dataset_id) const;
  Status upload_embeddings(const std::string& dataset_id, const std::string& name, const std::string& path,
                           int64_t rows) const;

  // The CSV of one of them. kUnsupported when it has more than `max_bytes`.
  Result<std::string> embeddings_csv(const std::string& dataset_id, const EmbeddingRecord& embedding,
                                     size_t max_bytes) const;

  // Predictions, all of one moment (`time_ms`): repeating a call with the same moment replaces.
  struct TaskUpload {
    std::string name;
    std::vector<std::string> classes;  // category ids are their indices
    int64_t time_ms = 0;

    int64_t category_of(const std::string& label) const;
  };
  Status create_prediction_task(const std::string& dataset_id, const TaskUpload& task) const;
  // What a task says of a sample.
  struct SamplePredictions {
    const TaskUpload& task;
    std::vector<Detection> detections;
    CropsOfSample crops{};  // of some of them
  };
  // Replaces what there was, at that moment, of the tasks that have objects in it; without any, of all tasks.
  Status upload_predictions(const std::string& dataset_id, const std::string& sample_id, int64_t time_ms,
                            const std::vector<SamplePredictions>& predictions) const;
  Status upload_scores(const std::string& dataset_id, const TaskUpload& task, const std::string& score,
                       const std::vector<double>& values) const;
  // The newest of an earlier moment than the task's: a value for each sample that there was then; empty if there are
  // none.
  Result<std::vector<double>> earlier_scores(const std::string& dataset_id, const TaskUpload& task,
                                             const std::string& score) const;

 private:
  Status put_some_samples(const std::string& dataset_id, std::span<const SampleRecord> samples) const;
  Status put_sample(const std::string& dataset_id, const SampleRecord& sample) const;

  const ApiTransport& transport_;
};

// Bits as the API has them: "0x" and hexadecimal digits, lower case, the last bit of the text being index 0; "0x0"
// where none is set.
std::string bit_mask(const std::vector<bool>& bits);
// And back: as many bits as the text has digits for. kCorrupt for anything else.
Result<std::vector<bool>> bits_of(std::string_view bit_mask);

}  // namespace pretag
