#include "pretag/run/config_keys.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>

#include "pretag/util/strings.h"

namespace pretag {
namespace {

using enum KeyStatus;

constexpr double kHuge = 9e15;  // below 2^53: integers are exact in a double

ConfigKey row(KeyType type, KeyStatus status, std::string name, std::string doc, ConfigField field) {
  ConfigKey key;
  key.name = std::move(name), key.type = type, key.status = status, key.doc = std::move(doc), key.field = field;
  if (field.index() != 0) key.default_text = config_value(RunConfig{}, key);
  return key;
}

ConfigKey boolean(std::string name, bool RunConfig::*field, KeyStatus status, std::string doc) {
  return row(KeyType::kBool, status, std::move(name), std::move(doc), field);
}

ConfigKey text(std::string name, std::string RunConfig::*field, KeyStatus status, std::string doc) {
  return row(KeyType::kText, status, std::move(name), std::move(doc), field);
}

ConfigKey integer(std::string name, int64_t RunConfig::*field, double least, double most, bool minus_one,
                  KeyStatus status, std::string doc) {
  ConfigKey key = row(KeyType::kInteger, status, std::move(name), std::move(doc), field);
  key.least = least, key.most = most, key.minus_one = minus_one;
  return key;
}

// A key of the product that has no field here as long as it has no effect.
ConfigKey planned(KeyType type, KeyStatus status, std::string name, std::string default_text, std::string doc) {
  ConfigKey key = row(type, status, std::move(name), std::move(doc), {});
  key.default_text = std::move(default_text);
  key.least = type == KeyType::kReal ? 0 : -1;
  key.most = kHuge;
  key.minus_one = true;
  return key;
}

std::vector<ConfigKey> keys_that_work() {
  ConfigKey precision = row(KeyType::kChoice, kWorks, "precision",
                            "Number format of the network; auto takes the fastest that the processor has natively",
                            &RunConfig::precision);
  precision.choices = {"auto", "f32", "bf16"}, precision.choices_to_come = {"int8"};
  ConfigKey score =
      row(KeyType::kReal, kWorks, "score_threshold",
          "Boxes with a lower score are neither dumped nor counted; -1 follows the model's recommendation",
          &RunConfig::score_threshold);
  score.most = 1, score.minus_one = true;

  return {
      boolean("pretagging", &RunConfig::pretagging, kWorks,
              "Find objects in every image; else inputs are only checked"),
      boolean("pretagging_debug", &RunConfig::pretagging_debug, kWorks,
              "Add a few images with their boxes drawn in to the report"),
      boolean("enable_corruptness_check", &RunConfig::enable_corruptness_check, kWorks,
              "List images that cannot be decoded as corrupt, with the reason"),
      text("model", &RunConfig::model, kWorks,
           "Weight file, or name of an installed model; empty takes the bundled one"),
      std::move(precision),
      std::move(score),
      integer("max_detections", &RunConfig::max_detections, 1, 10'000, true, kWorks,
              "At most so many boxes an image, the best first; -1 follows the model"),
      integer("num_threads", &RunConfig::num_threads, 1, 1024, true, kWorks,
              "Images computed at the same time; -1 uses all cores available"),
      integer("max_image_pixels", &RunConfig::max_image_pixels, 1, 1e10, false, kWorks,
              "Images with more pixels are failures, found from their header"),
      integer("max_image_bytes", &RunConfig::max_image_bytes, 1, 1e12, false, kWorks,
              "Files with more bytes are failures and are not read"),
      text("relevant_filenames_file", &RunConfig::relevant_filenames_file, kWorks,
           "Text file that names the inputs to use, one path or pattern a line; also looked for below .lightly"),
  };
}

std::vector<ConfigKey> keys_to_come() {
  using enum KeyType;
  return {
      boolean("remove_exact_duplicates", &RunConfig::remove_exact_duplicates, kNoEffectYet,
              "Keep one of several identical images for the selection"),
      integer("num_processes", &RunConfig::num_processes, 1, 1024, true, kNoEffectYet, "Readers of images; -1 chooses"),
      integer("seed", &RunConfig::seed, 0, kHuge, false, kNoEffectYet, "Of whatever is drawn by chance"),
      planned(kText, kNotYet, "pretagging_config", "", "JSON file with the least number of objects a class"),
      planned(kBool, kNoEffectYet, "pretagging_upload", "false", "Write predictions to the datasource"),
      planned(kBool, kNoEffectYet, "append_weak_labels", "false", "Append weak labels to the embeddings file"),
      planned(kReal, kNoEffectYet, "corruptness_check.corruption_threshold", "0.1",
              "Video frames with a higher corruption score are corrupt, 0..1"),
      planned(kAny, kNotYet, "selection", "", "What to select, and how many"),
      planned(kAny, kNotYet, "selection.*", "", "What to select, and how many"),
      planned(kText, kNoEffectYet, "method", "coreset", "Selection method of the older interface"),
      planned(kReal, kNotYet, "stopping_condition.n_samples", "-1", "Select so many (integer) or such a share (0..1)"),
      planned(kReal, kNotYet, "stopping_condition.min_distance", "-1", "Stop when no sample is that far away"),
      planned(kInteger, kNotYet, "selected_sequence_length", "1", "Select runs of so many consecutive frames"),
      planned(kText, kNoEffectYet, "scorer", "object-frequency", "Active-learning score of the older interface"),
      planned(kReal, kNoEffectYet, "scorer_config.frequency_penalty", "0.25", "Of the object-frequency score"),
      planned(kReal, kNoEffectYet, "scorer_config.min_score", "0.9", "Of the object-frequency score"),
      planned(kText, kNotYet, "active_learning.task_name", "", "Prediction task to take scores from"),
      planned(kText, kNoEffectYet, "active_learning.score_name", "uncertainty_margin", "Score to prefer images by"),
      planned(kText, kNotYet, "object_level.task_name", "", "Select objects of this prediction task, not images"),
      planned(kText, kNoEffectYet, "object_level.crop_dataset_name", "", "Name of the dataset of the crops"),
      planned(kReal, kNoEffectYet, "object_level.padding", "0.0", "Margin of a crop, relative to the box"),
      planned(kBool, kNoEffectYet, "crops.enable_upload", "true", "Upload the crops"),
      planned(kAny, kNoEffectYet, "crops.enable_upload_for_tasks", "", "Upload the crops of these tasks"),
      planned(kText, kNotYet, "checkpoint", "", "Own embedding model, relative to the shared folder"),
      planned(kText, kNotYet, "checkpoint_run_id", "", "Run to take the embedding model from"),
      planned(kText, kNotYet, "embeddings", "", "Embeddings file to use, relative to the shared folder"),
      planned(kBool, kNotYet, "enable_training", "false", "Train the embedding model first"),
      planned(kText, kNoEffectYet, "training.task_name", "", "Train on the crops of this task"),
      planned(kBool, kNoEffectYet, "normalize_embeddings", "true", "Embeddings of unit length"),
      planned(kBool, kNotYet, "dump_dataset", "false", "Copy the selected images into the run folder"),
      planned(kBool, kNoEffectYet, "dump_sampled_embeddings", "true", "Write the embeddings of the selected images"),
      planned(kAny, kNoEffectYet, "output_image_size", "-1", "Size of the copied images"),
      planned(kText, kNoEffectYet, "output_image_format", "png", "Format of the copied images, png or jpg"),
      planned(kBool, kNoEffectYet, "upload_dataset", "false", "Upload the selected images to the server"),
      planned(kBool, kNoEffectYet, "upload_report", "true", "Upload the report to the server"),
      planned(kText, kNotYet, "datapool.name", "", "Data pool to add to"),
      planned(kBool, kNoEffectYet, "datapool.keep_history", "true", "Keep the pool's earlier states"),
      planned(kText, kNotYet, "datapool.dataset_id", "", "Dataset that holds the pool"),
      planned(kBool, kNotYet, "use_datapool", "false", "Add to what was selected before"),
      planned(kBool, kNoEffectYet, "enable_datapool_update", "true", "Update the data pool after the run"),
      planned(kText, kNotYet, "datasource.dataset_id", "", "Dataset whose datasource holds the images"),
      planned(kBool, kNoEffectYet, "datasource.process_all", "false", "Process files that were processed before, too"),
      planned(kBool, kNoEffectYet, "datasource.bypass_verify", "false", "Do not check the datasource's permissions"),
      planned(kBool, kNoEffectYet, "datasource.enable_datapool_update", "true", "Update the pool after the run"),
      planned(kInteger, kNoEffectYet, "datasource.input_expiration.min_days_to_expiration", "0",
              "Least age that inputs must still have ahead, days"),
      planned(kText, kNoEffectYet, "datasource.input_expiration.handling_strategy", "SKIP", "SKIP or ABORT"),
      planned(kBool, kNoEffectYet, "use_frame_count_metadata", "false", "Trust the frame count of a video's header"),
      planned(kBool, kNoEffectYet, "use_redirected_read_url", "false", "Read images through the server"),
      planned(kInteger, kNoEffectYet, "n_example_images", "6", "Kept and removed example images in the report"),
      planned(kReal, kNoEffectYet, "memory_requirement_in_GB", "2", "Memory for the report's distance matrix"),
      planned(kBool, kNoEffectYet, "show_video_sampling_timeline", "true", "Timeline of the selected frames"),
      planned(kInteger, kNoEffectYet, "cache_size", "-1", "Size of the image cache"),
      planned(kBool, kNoEffectYet, "shutdown_when_job_finished", "false", "End the worker after this job"),
      planned(kAny, kNoEffectYet, "lightly.*", "", "Training of the embedding model (see enable_training)"),
  };
}

// One part between dots, as the product's Python client spells it on the wire: "min_distance" -> "minDistance",
// "memory_requirement_in_GB" -> "memoryRequirementInGb".
std::string camel_case_part(std::string_view snake) {
  std::string camel;
  for (const std::string& word : split(snake, '_')) {
    if (camel.empty() || word.empty()) {
      camel += word;
    } else {
      camel += static_cast<char>(std::toupper(static_cast<unsigned char>(word[0])));
      camel += to_lower(std::string_view(word).substr(1));
    }
  }
  return camel;
}

bool matches(const ConfigKey& key, std::span<const std::string> spelled) {
  const std::vector<std::string> parts = split(key.name, '.');
  const bool any_below = parts.back() == "*";
  if (any_below ? spelled.size() < parts.size() : spelled.size() != parts.size()) return false;
  for (size_t i = 0; i + (any_below ? 1 : 0) < parts.size(); ++i) {
    if (spelled[i] != parts[i] && spelled[i] != camel_case_part(parts[i])) return false;
  }
  return true;
}

}  // namespace

std::string camel_case(std::string_view name) {
  std::string camel;
  for (const std::string& part : split(name, '.')) camel += (camel.empty() ? "" : ".") + camel_case_part(part);
  return camel;
}

std::span<const ConfigKey> config_keys() {
  static const std::vector<ConfigKey> keys = [] {
    std::vector<ConfigKey> all = keys_that_work();
    std::ranges::move(keys_to_come(), std::back_inserter(all));
    return all;
  }();
  return keys;
}

const ConfigKey* find_config_key(std::string_view spelled) {
  const std::vector<std::string> parts = split(spelled, '.');
  const auto found = std::ranges::find_if(config_keys(), [&](const ConfigKey& key) { return matches(key, parts); });
  return found == config_keys().end() ? nullptr : &*found;
}

}  // namespace pretag
