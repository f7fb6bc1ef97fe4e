// pretag convert: detections in other tools' formats, and other tools' labels and predictions in ours.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include "pretag/cli/commands.h"
#include "pretag/cli/convert_input.h"
#include "pretag/cli/exit_codes.h"
#include "pretag/cli/run_ending.h"
#include "pretag/data/selection.h"
#include "pretag/formats/dataset_formats.h"
#include "pretag/io/file_system.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

struct ConvertArguments {
  std::string input, from, to, output;
  std::string images, sizes, task;
  std::optional<double> min_score;
  bool selected = false, scores = false;
};

int fail(const Error& error) { return fail_with(error, "convert"); }

Error usage(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

std::string names_of(bool DatasetFormat::*trait) {
  std::vector<std::string> names;
  for (const DatasetFormat& format : dataset_formats()) {
    if (format.*trait) names.push_back(format.name);
  }
  return fmt::format("{}", fmt::join(names, " and "));
}

// A task's name becomes a folder's.
Status check_task(const ConvertArguments& arguments) {
  const std::string& task = arguments.task;
  const bool plain =
      std::ranges::all_of(task, [](unsigned char c) { return std::isalnum(c) || std::strchr("_-. ", c); });
  if (!plain || task.starts_with('.')) {
    return usage(fmt::format("--task '{}': must be letters, digits, '_', '-', '.' and spaces", one_line(task)));
  }
  if (!arguments.from.empty() && arguments.to == "lightly" && task.empty()) {
    return usage("--task NAME is missing: what the new prediction task is to be called");
  }
  return {};
}

Status check(const ConvertArguments& arguments, const DatasetFormat& to, const DatasetFormat* from) {
  const bool locations = to.tells_locations || (from != nullptr && from->tells_locations);
  if (!arguments.images.empty() && !locations) {
    return usage(fmt::format("--images: {} does not tell where images are; only {} do", to.name,
                             names_of(&DatasetFormat::tells_locations)));
  }
  if (arguments.scores && !to.extra_scores) {
    return usage(fmt::format("--scores: is for {}; {} has its way with scores", names_of(&DatasetFormat::extra_scores),
                             to.name));
  }
  if (arguments.selected && from != nullptr)
    return usage("--selected: is for runs; what --from reads has no selection");
  PRETAG_TRY(check_task(arguments));
  if (!to.adds && local_file_system().exists(arguments.output)) {
    return usage(arguments.output + ": is there already; choose another --output, or remove it first");
  }
  return {};
}

Result<ConvertInput> open_input(const ConvertArguments& arguments, const DatasetFormat* from, Notes& notes) {
  if (from == nullptr) return open_run(arguments.input, arguments.selected, arguments.min_score);
  ImportSource source{
      local_file_system(), arguments.input, arguments.images, arguments.to == "lightly" ? "" : arguments.task, {}};
  if (!arguments.sizes.empty()) {
    PRETAG_ASSIGN(source.sizes, read_sizes(arguments.sizes, notes));
  }
  return open_dataset(*from, source, arguments.min_score.value_or(0));
}

void show(const ConvertInput::Findings& findings, const Notes& notes, const ConvertArguments& arguments) {
  std::cout << fmt::format("{} images with {} boxes are in {}\n", findings.images, findings.boxes, arguments.output);
  if (findings.to_come > 0) {
    std::cout << fmt::format("Note: the run is not finished, {} of its images are to come\n", findings.to_come);
  }
  if (!findings.unseen.empty()) {
    std::cout << fmt::format("Note: {} selected images are not among the results of the run\n", findings.unseen.size());
  }
  for (const std::string& line : notes.lines()) std::cout << "Note: " << line << '\n';
}

Status convert(const ConvertArguments& arguments) {
  PRETAG_ASSIGN(const DatasetFormat* to, dataset_format(arguments.to));
  const DatasetFormat* from = nullptr;
  if (!arguments.from.empty()) {
    PRETAG_ASSIGN(from, dataset_format(arguments.from));
  }
  PRETAG_TRY(check(arguments, *to, from));
  Notes notes;
  PRETAG_ASSIGN(const ConvertInput input, open_input(arguments, from, notes));

  FileSystem& files = local_file_system();
  ExportTarget target{files, arguments.output, arguments.images, kPretaggingTask, arguments.scores};
  if (!arguments.task.empty()) target.task = arguments.task;
  const std::string parent = std::filesystem::path(arguments.output).parent_path().string();
  if (!parent.empty()) PRETAG_TRY(files.make_directories(parent));
  PRETAG_ASSIGN(const Notes written, to->write(input.view, target));
  PRETAG_TRY(files.sync_all(parent.empty() ? "." : parent));
  notes.add(written);
  notes.add(input.findings->notes);
  show(*input.findings, notes, arguments);
  return {};
}

std::string footer() {
  std::string text = "Formats:\n";
  for (const DatasetFormat& format : dataset_formats()) {
    text += fmt::format("  {:<12} {}\n", format.name, format.description);
  }
  return text +
         "Examples:\n"
         "  pretag convert run/ --to coco --output predictions.json\n"
         "  pretag convert run/ --to cvat --output to_label.xml --selected --min-score 0.3\n"
         "  pretag convert run/ --to labelstudio --output tasks --images '/data/local-files/?d=photos'\n"
         "  pretag convert --from yolo dataset/ --sizes dataset/images --to coco --output labels.json\n"
         "  pretag convert --from kitti label_2/ --to lightly --task ground_truth --output photos\n"
         "docs/formats/exports.md tells coordinates and rounding.\n"
         "Exit codes: 0 done, 1 error, 2 wrong usage.";
}

}  // namespace

void add_convert_command(CLI::App& app, std::function<int()>& action) {
  auto arguments = std::make_shared<ConvertArguments>();
  CLI::App* command = app.add_subcommand("convert", "Write detections in the formats of other tools, or read these");
  command->add_option("input", arguments->input, "Run folder; with --from, the other tool's file or folder")
      ->required()
      ->type_name("RUN|PATH");
  command->add_option("--to", arguments->to, "The format to write")->required()->type_name("FORMAT");
  command->add_option("-o,--output", arguments->output, "The file or folder to make")->required()->type_name("PATH");
  command->add_option("--from", arguments->from, "The format of the input, if it is no run")->type_name("FORMAT");
  command->add_flag("--selected", arguments->selected, "Only the images that the run has selected");
  command->add_option("--min-score", arguments->min_score, "Leave out boxes below (default: the run's threshold)")
      ->check(CLI::Range(0.0, 1.0));
  command
      ->add_option("--images", arguments->images,
                   "What comes before the images' names: a folder or URL (labelstudio), a folder (fiftyone)")
      ->type_name("PREFIX");
  command->add_option("--sizes", arguments->sizes, "Where images' sizes come from, if the input does not tell them")
      ->type_name("RUN|DIR");
  command->add_option("--task", arguments->task, "Name of the prediction task: to write, or else to read (lightly)")
      ->type_name("NAME");
  command->add_flag("--scores", arguments->scores, "Also where the format itself has no place for them (yolo, voc)");
  command->footer(footer());
  command->callback([arguments, &action] {
    action = [arguments] {
      const Status status = convert(*arguments);
      return status.ok() ? kExitOk : fail(status.error());
    };
  });
}

}  // namespace pretag
