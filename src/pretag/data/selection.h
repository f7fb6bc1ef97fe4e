// What to select, as configurations say it (formats/selection_config.h reads it), and what came of it
// (formats/selection_file.h keeps it in a run folder).
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pretag/data/box.h"
#include "pretag/data/image_info.h"

namespace pretag {

// The prediction task that the detector's own results form.
inline constexpr char kPretaggingTask[] = "lightly_pretagging";

enum class InputType { kEmbeddings, kScores, kMetadata, kPredictions, kRandom };
enum class PredictionColumns { kClassDistribution, kCategoryCount };

struct SelectionInput {
  InputType type = InputType::kEmbeddings;
  std::string task;   // embeddings: of this task's objects, empty for the image's; scores, predictions: required
  std::string score;  // scores: which
  std::string key;    // metadata: a schema path, or lightly.<name>
  std::string query;  // embeddings for similarity: a run folder or an embeddings CSV
  PredictionColumns columns = PredictionColumns::kClassDistribution;
  std::vector<std::string> categories;  // predictions: these only; empty for all
  std::optional<int64_t> random_seed;   // random: else the run's seed
};

enum class StrategyType { kDiversity, kWeights, kThreshold, kBalance, kSimilarity, kTypicality };
enum class ThresholdOperation { kSmaller, kSmallerEqual, kBigger, kBiggerEqual };
enum class BalanceDistribution { kTarget, kUniform, kInput };

struct SelectionStrategy {
  StrategyType type = StrategyType::kDiversity;
  double strength = 1;  // exponent of the objective, >= 0
  double threshold = 0;
  ThresholdOperation operation = ThresholdOperation::kBiggerEqual;
  BalanceDistribution distribution = BalanceDistribution::kTarget;
  std::map<std::string, double> target;               // share of each class, 0..1, at most 1 together
  int64_t num_nearest_neighbors = 20;                 // of typicality
  double stopping_condition_minimum_distance = -1;    // of diversity, 0..2; -1: none
  double stopping_condition_minimum_typicality = -1;  // of typicality; -1: none
  double stopping_condition_max_sum = -1;             // of weights; -1: none
};

struct SelectionEntry {
  SelectionInput input = {};
  SelectionStrategy strategy = {};
  std::string origin = {};  // the file that it comes from, for messages, if that is not a list of strategies
};

struct SelectionConfig {
  std::optional<int64_t> n_samples;          // one of these two
  std::optional<double> proportion_samples;  // of the inputs, 0..1
  std::vector<SelectionEntry> entries;
};

// What one strategy said of a sample in the moment it was chosen.
struct Reason {
  size_t strategy = 0;  // index in Selection::strategies
  double value = 0;     // distance to the nearest selected sample (infinite for the first), score, number, share …
};

// Selected samples are listed in the order in which they were chosen.
struct SelectedSample {
  std::string filename;
  std::vector<Reason> reasons;  // none where nothing had to be chosen: everything was selected
};

struct DuplicatePair {
  std::string filename, kept;  // `filename` has the same pixels as `kept` and is left out
};

// An object of an image, where objects are selected and not images.
struct SelectedObject {
  std::string filename;  // of its image
  int64_t index = 0;     // among the image's objects of the task, from 0
  std::string label;
  float score = 0;
  Box box_in_image = {};
  int width = 0, height = 0;  // of the image, pixels
  std::vector<Reason> reasons = {};
  Embedding embedding = {};  // not kept in the run folder's selection.json; empty where it is read from that
};

// What came of a selection among objects (object_level.task_name).
struct ObjectSelection {
  std::string task;
  double padding = 0;  // of the crops: by what part of it a box grows in width and in height
  struct Class {
    std::string name;
    int64_t inputs = 0, selected = 0;  // objects
  };
  std::vector<Class> classes;            // in the task's order
  std::vector<SelectedObject> selected;  // in the order in which they were chosen
  int64_t preselected = 0;               // of an earlier selection, among the inputs; not in `selected`

  int64_t inputs() const {
    int64_t sum = 0;
    for (const Class& entry : classes) sum += entry.inputs;
    return sum;
  }
};

// How far a balance came.
struct BalanceOutcome {
  size_t strategy = 0;  // index in Selection::strategies
  struct Class {
    std::string name;                           // the last one may stand for all other classes
    double input = 0, target = 0, reached = 0;  // shares, 0..1
  };
  std::vector<Class> classes;
};

// What a threshold left out.
struct ThresholdOutcome {
  size_t strategy = 0;  // index in Selection::strategies
  int64_t excluded = 0;
};

// Where objects were selected, `candidates`, `requested`, thresholds and balances count objects, and `selected` are the
// images that hold a selected one, in the order of the first of each, with its reasons.
struct Selection {
  std::vector<std::string> strategies;  // one line each, for people, in the order of the configuration
  int64_t inputs = 0;                   // images that were read
  int64_t candidates = 0;               // of these, neither duplicate nor left out by a threshold
  int64_t requested = 0;
  std::vector<SelectedSample> selected;
  std::optional<ObjectSelection> objects = {};
  std::vector<std::string> preselected;   // of an earlier selection, among the inputs; not in `selected`
  int64_t preselected_elsewhere = 0;      // of an earlier selection, and no inputs
  std::vector<DuplicatePair> duplicates;  // in byte order of `filename`
  std::vector<ThresholdOutcome> thresholds;
  std::vector<BalanceOutcome> balances;
  std::vector<std::string> notes;  // what could not be done and why; one line each, for people
};

}  // namespace pretag
