// pretag eval: how good are the predictions, measured against labels?
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

#include "pretag/cli/commands.h"
#include "pretag/cli/eval_input.h"
#include "pretag/cli/exit_codes.h"
#include "pretag/cli/run_ending.h"
#include "pretag/eval/eval_report.h"
#include "pretag/io/file_system.h"
#include "pretag/util/printable.h"

namespace pretag {
namespace {

struct EvalArguments {
  EvalInput input;
  std::vector<std::string> renames;      // FROM=TO
  std::optional<float> score_threshold;  // default: the run's own, 0.5 for a dump
  std::string json_file;
  bool per_class = false;
};

int fail(const Error& error) { return fail_with(error, "eval"); }

// "3 images have no label: a.jpg, b.jpg, c.jpg"; long lists are cut. Nothing for none.
void note(const std::vector<std::string>& names, const std::string& what) {
  constexpr size_t kShown = 5;
  if (names.empty()) return;
  std::vector<std::string> shown;
  for (size_t i = 0; i < std::min(kShown, names.size()); ++i) shown.push_back(printable(names[i]));
  std::cout << fmt::format("Note: {} {}: {}{}\n", names.size(), what, fmt::join(shown, ", "),
                           names.size() > kShown ? fmt::format(" and {} more", names.size() - kShown) : "");
}

// "train (21 detections)": what the report's histogram would show of classes that labels cannot judge.
std::vector<std::string> with_detections(const std::vector<std::string>& names, const std::vector<EvalImage>& images,
                                         float threshold) {
  std::vector<std::string> result;
  for (const std::string& name : names) {
    int64_t count = 0;
    for (const EvalImage& image : images) {
      count += std::ranges::count_if(image.prediction.detections, [&](const Detection& detection) {
        return detection.label == name && detection.score >= threshold;
      });
    }
    result.push_back(fmt::format("{} ({} detections)", name, count));
  }
  return result;
}

void show_notes(const EvalData& data, const ClassPairing& classes, float threshold) {
  const Pairing& pairing = data.pairing;
  if (data.to_come > 0) {
    std::cout << fmt::format("Note: the run is not finished, {} of its images are to come\n", data.to_come);
  }
  note(classes.only_in_labels, "classes of the labels are unknown to the model and left out (--rename?)");
  note(with_detections(classes.only_in_model, pairing.images, threshold),
       "classes of the model are not among the labels and left out");
  note(data.without_label_file, "images have no label file of their own and are left out");
  note(pairing.without_label, "images of the run have no labels and are left out");
  note(pairing.without_prediction, "labelled images are not in the run and are left out");
  note(pairing.size_differs, "images have another size than their labels say, so their boxes may not fit");
}

int eval(EvalArguments arguments) {
  auto renames = parse_renames(arguments.renames);
  if (!renames) return fail(renames.error());
  arguments.input.renamed = *std::move(renames);
  const auto data = load_eval_data(arguments.input);
  if (!data) return fail(data.error());
  const ClassPairing classes = pair_classes(data->model_classes, data->label_classes);
  if (const Status overlap = check_overlap(*data, classes, arguments.input); !overlap) return fail(overlap.error());

  const float threshold = arguments.score_threshold.value_or(data->score_threshold.value_or(0.5f));
  const EvalResult result = evaluate(data->pairing.images, {classes.common, threshold});
  std::cout << fmt::format("{} images\n\n", result.images) << eval_table(result, arguments.per_class) << '\n';
  show_notes(*data, classes, threshold);
  if (!arguments.json_file.empty()) {
    const Status written = local_file_system().write_atomically(arguments.json_file, eval_json(result));
    if (!written) return fail(written.error());
  }
  return kExitOk;
}

}  // namespace

void add_eval_command(CLI::App& app, std::function<int()>& action) {
  auto arguments = std::make_shared<EvalArguments>();
  CLI::App* command = app.add_subcommand("eval", "Measure predictions against labels: average precision and counts");
  command->add_option("predictions", arguments->input.predictions, "Run folder, or a dump (bounding_boxes.json)")
      ->required()
      ->type_name("RUN|DUMP");
  command->add_option("--labels", arguments->input.labels, "COCO JSON file, or a folder of YOLO labels")
      ->required()
      ->type_name("FILE|DIR");
  command->add_option("--names", arguments->input.names, "Class names of YOLO labels: data.yaml, or one name a line")
      ->type_name("FILE");
  command->add_option("--rename", arguments->renames, "A class of the labels by the model's name; may be repeated")
      ->type_name("FROM=TO");
  command
      ->add_option("--score-threshold", arguments->score_threshold,
                   "For precision, recall and counts (default: that of the run; 0.5 for a dump)")
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--json", arguments->json_file, "Write every number there, too")->type_name("FILE");
  command->add_flag("--per-class", arguments->per_class, "A line for each class");
  command->footer(
      "Examples:\n"
      "  pretag eval run/ --labels instances_val.json --per-class\n"
      "  pretag eval run/ --labels dataset/labels --names dataset/data.yaml --json eval.json\n"
      "  pretag eval bounding_boxes.json --labels labels.json --rename pedestrian=person --rename rider=person\n"
      "A run folder holds every detection; a dump only those above its score threshold, so its average precision is "
      "lower.\n"
      "Exit codes: 0 done, 1 error, 2 wrong usage.");
  command->callback([arguments, &action] { action = [arguments] { return eval(*arguments); }; });
}

}  // namespace pretag
