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

ConfigKey real(std::string name, double RunConfig::*field, double least, double most, bool minus_one, std::string doc) {
  ConfigKey key = row(KeyType::kReal, kWorks, std::move(name), std::move(doc), field);
  key.least = least, key.most = most, key.minus_one = minus_one;
  return key;
}

ConfigKey choice(std::string name, std::string RunConfig::*field, std::vector<std::string> choices, std::string doc) {
  ConfigKey key = row(KeyType::kChoice, kWorks, std::move(name), std::move(doc), field);
  key.choices = std::move(choices);
  return key;
}

std::vector<ConfigKey> keys_of_the_selection() {
  ConfigKey strategies = row(KeyType::kList, kWorks, "selection.strategies",
                             "The strategies as a JSON list, see docs/formats/selection.md; empty is diversity",
                             &RunConfig::selection_strategies);
  ConfigKey image_size = row(KeyType::kList, kWorks, "output_image_size",
                             "Size of these copies in pixels: the length of the shorter side, or [height, width]; -1 "
                             "leaves them as they are",
                             &RunConfig::output_image_size);
  image_size.choices = {"-1", "an integer from 1 to 65000", "[height, width]"};
  return {
      text("selection", &RunConfig::selection, kWorks,
           "JSON file with the selection (n_samples or proportion_samples, strategies), as the Python client has it"),
      integer("selection.n_samples", &RunConfig::selection_n_samples, 1, kHuge, true, kWorks,
              "Select so many images, or objects with object_level.task_name; -1 leaves it to the file"),
      real("selection.proportion_samples", &RunConfig::selection_proportion_samples, 0, 1, true,
           "Select this share of the images, or objects, 0..1; -1 leaves it to the file"),
      std::move(strategies),
      text("pretagging_config", &RunConfig::pretagging_config, kWorks,
           "JSON file with the least number of objects of each class that an image must have to be selected"),
      text("object_level.task_name", &RunConfig::object_level_task, kWorks,
           "Select objects of this prediction task, not images, e.g. lightly_pretagging; their images are selected "
           "with them"),
      real("object_level.padding", &RunConfig::object_level_padding, 0, 100, false,
           "How much wider and higher than its box the crop of an object is, relative to the box"),
      text("object_level.crop_dataset_name", &RunConfig::object_level_crop_dataset, kOfJobs,
           "Dataset of the server for the crops; empty is the name of the images' with '-crops'"),
      integer("selected_sequence_length", &RunConfig::selected_sequence_length, 1, 1'000'000, false, kWorks,
              "Select runs of so many images of a folder together, in order of their names"),
      integer("seed", &RunConfig::seed, 0, kHuge, false, kWorks, "Of whatever is drawn by chance"),
      boolean("remove_exact_duplicates", &RunConfig::remove_exact_duplicates, kWorks,
              "Keep one of several images with the same pixels, and list the others"),
      boolean("dump_dataset", &RunConfig::dump_dataset, kWorks,
              "Copy the selected images, frames of videos included, into data/sampled of the run folder, and what is "
              "cut out of them as objects into data/crops"),
      std::move(image_size),
      choice("output_image_format", &RunConfig::output_image_format, {"original", "png", "jpg"},
             "Format of these copies; original copies the files as they are, and frames as PNG"),
      integer("n_example_images", &RunConfig::n_example_images, 0, 100, false, kWorks,
              "Kept and removed example images in the report; 0 leaves out the map in pictures, too"),
      boolean("show_video_sampling_timeline", &RunConfig::show_video_sampling_timeline, kWorks,
              "Show in the report where in each video the selected frames lie"),
      choice("method", &RunConfig::method, {"coreset", "random", "coral", "active_learning"},
             "Of the older interface: coreset (diversity), random, coral (diversity and scorer) or active_learning "
             "(scorer)"),
      real("stopping_condition.n_samples", &RunConfig::stopping_condition_n_samples, 0, kHuge, true,
           "Of the older interface: select such a share (up to 1) or number of images"),
      real("stopping_condition.min_distance", &RunConfig::stopping_condition_min_distance, 0, 2, true,
           "Of the older interface: stop when no image is that far from the selected ones"),
      text("scorer", &RunConfig::scorer, kWorks, "Of the older interface: the score that coral prefers images by"),
      real("scorer_config.frequency_penalty", &RunConfig::scorer_frequency_penalty, 0, 1, false,
           "What a second object of a class is worth to the object frequency, 0..1"),
      real("scorer_config.min_score", &RunConfig::scorer_min_score, 0, 1, false,
           "Object frequency of the image with the least, 0..1"),
      text("active_learning.task_name", &RunConfig::active_learning_task, kWorks,
           "Of the older interface: prediction task whose scores are preferred, besides the method"),
      text("active_learning.score_name", &RunConfig::active_learning_score, kWorks,
           "Of the older interface: which of its scores"),
      text("embeddings", &RunConfig::embeddings, kWorks,
           "CSV file with embeddings of your own to select by, in place of the network's; also looked for below "
           ".lightly/embeddings"),
      text("datapool.name", &RunConfig::datapool_name, kWorks,
           "Add to what was selected under this name before: that counts as selected, and the pool is updated"),
      boolean("datapool.keep_history", &RunConfig::datapool_keep_history, kWorks, "Keep the pool's earlier states"),
      boolean("enable_datapool_update", &RunConfig::enable_datapool_update, kWorks,
              "False selects against the data pool and leaves it as it is"),
      boolean("datasource.enable_datapool_update", &RunConfig::datasource_enable_datapool_update, kWorks,
              "The same: the pool is updated if both allow it"),
  };
}

std::vector<ConfigKey> keys_that_work() {
  const ConfigKey device =
      row(KeyType::kDevice, kWorks, "device",
          "What computes the network: the processor, or GPUs by OpenCL; auto takes one if there is one",
          &RunConfig::device);
  ConfigKey precision =
      row(KeyType::kChoice, kWorks, "precision",
          "Number format of the network; auto takes the fastest that the processor and the model are fit "
          "for",
          &RunConfig::precision);
  precision.choices = {"auto", "f32", "bf16", "int8"};
  ConfigKey accuracy =
      row(KeyType::kChoice, kWorks, "accuracy",
          "Size at which the network sees the images: full is the model's, balanced three quarters of it, fast half; "
          "less is faster and misses small objects; best looks at full size and at half, and finds more",
          &RunConfig::accuracy);
  accuracy.choices = {"best", "full", "balanced", "fast"};
  ConfigKey score =
      row(KeyType::kReal, kWorks, "score_threshold",
          "Boxes with a lower score are neither dumped nor counted; -1 follows the model's recommendation; up to its "
          "box_score_threshold, mostly 0.05, a model finds none",
          &RunConfig::score_threshold);
  score.most = 1, score.minus_one = true;

  return {
      boolean("pretagging", &RunConfig::pretagging, kWorks,
              "Find objects in every image; else inputs are only checked, and embedded where a selection needs it"),
      boolean("pretagging_debug", &RunConfig::pretagging_debug, kWorks,
              "Add a few images with their boxes drawn in to the report"),
      boolean("enable_corruptness_check", &RunConfig::enable_corruptness_check, kWorks,
              "List images that cannot be decoded as corrupt, with the reason"),
      real("corruptness_check.corruption_threshold", &RunConfig::corruption_threshold, 0, 1, false,
           "Frames of videos with a higher corruption score are corrupt; damaged ones score 1, and 0.5 those that "
           "build on "
           "one"),
      text("model", &RunConfig::model, kWorks,
           "Weight file, or name of an installed model; empty takes the bundled one"),
      device,
      std::move(precision),
      std::move(accuracy),
      std::move(score),
      integer("max_detections", &RunConfig::max_detections, 1, 10'000, true, kWorks,
              "At most so many boxes an image, the best first; -1 follows the model"),
      integer(
          "num_processes", &RunConfig::num_processes, 1, 1024, true, kWorks,
          "Images read and decoded at the same time; -1 chooses: 1 + num_threads / 4, or as many as num_threads where "
          "no network computes, or all cores where a GPU does; and 16 at least from a bucket"),
      integer("num_threads", &RunConfig::num_threads, 1, 1024, true, kWorks,
              "Images computed at the same time; -1 uses all cores available"),
      integer("max_image_pixels", &RunConfig::max_image_pixels, 1, 1e10, false, kWorks,
              "Images with more pixels are failures, found from their header"),
      integer("max_image_bytes", &RunConfig::max_image_bytes, 1, 1e12, false, kWorks,
              "Files with more bytes are failures and are not read"),
      text("relevant_filenames_file", &RunConfig::relevant_filenames_file, kWorks,
           "Text file that names the inputs to use, one path or pattern a line; also looked for below .lightly"),
      boolean(
          "use_frame_count_metadata", &RunConfig::use_frame_count_metadata, kWorks,
          "Take the number of frames that a video's header claims: listing is quicker, as a video is then read through "
          "only when the first of its frames is decoded"),
  };
}

std::vector<ConfigKey> keys_to_come() {
  using enum KeyType;
  return {
      planned(kBool, kOfJobs, "pretagging_upload", "false", "Write predictions to the datasource"),
      planned(kBool, kNoEffectYet, "append_weak_labels", "false", "Append weak labels to the embeddings file"),
      planned(kBool, kOfJobs, "crops.enable_upload", "true", "Upload the crops of the selected objects to the server"),
      planned(kAny, kNoEffectYet, "crops.enable_upload_for_tasks", "", "Upload the crops of these tasks"),
      planned(kText, kNotYet, "checkpoint", "", "Own embedding model, relative to the shared folder"),
      planned(kText, kNotYet, "checkpoint_run_id", "", "Run to take the embedding model from"),
      planned(kBool, kNotYet, "enable_training", "false", "Train the embedding model first"),
      planned(kText, kNoEffectYet, "training.task_name", "", "Train on the crops of this task"),
      planned(kBool, kNoEffectYet, "normalize_embeddings", "true", "Embeddings of unit length"),
      planned(kBool, kNoEffectYet, "dump_sampled_embeddings", "true", "Write the embeddings of the selected images"),
      planned(kBool, kNoEffectYet, "upload_dataset", "false", "Upload the selected images to the server"),
      planned(kBool, kOfJobs, "upload_report", "true", "Upload the report to the server"),
      planned(kText, kOfJobsAlone, "datapool.dataset_id", "", "Dataset that holds the pool"),
      planned(kBool, kOfJobsAlone, "use_datapool", "false", "Add to what was selected before"),
      planned(kText, kNotYet, "datasource.dataset_id", "", "Dataset whose datasource holds the images"),
      planned(kBool, kOfJobs, "datasource.process_all", "false",
              "Read what earlier jobs of a data pool have read, too"),
      planned(kBool, kNoEffectYet, "datasource.bypass_verify", "false", "Do not check the datasource's permissions"),
      planned(kInteger, kNoEffectYet, "datasource.input_expiration.min_days_to_expiration", "0",
              "Least age that inputs must still have ahead, days"),
      planned(kText, kNoEffectYet, "datasource.input_expiration.handling_strategy", "SKIP", "SKIP or ABORT"),
      planned(kBool, kNoEffectYet, "use_redirected_read_url", "false", "Read images through the server"),
      planned(kReal, kNoEffectYet, "memory_requirement_in_GB", "2", "Memory for the report's distance matrix"),
      planned(kInteger, kNoEffectYet, "cache_size", "-1", "Size of the image cache"),
      planned(kBool, kOfJobs, "shutdown_when_job_finished", "false", "End the worker after this job"),
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
    for (ConfigKey& key : keys_of_the_selection()) {
      key.of_selection = true;
      all.push_back(std::move(key));
    }
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
