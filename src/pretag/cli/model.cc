// pretag model: look at weight files, convert, quantise and align them, fetch published ones.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>

#include "pretag/cli/commands.h"
#include "pretag/cli/download_line.h"
#include "pretag/cli/exit_codes.h"
#include "pretag/cli/model_align.h"
#include "pretag/cli/model_convert.h"
#include "pretag/cli/model_info.h"
#include "pretag/cli/model_pull.h"
#include "pretag/cli/model_quantize.h"
#include "pretag/cli/paths.h"
#include "pretag/cli/progress_bar.h"
#include "pretag/cli/terminal.h"
#include "pretag/run/model_locator.h"
#include "pretag/util/printable.h"

namespace pretag {
namespace {

namespace fs = std::filesystem;

int fail(const Error& error) {
  std::cerr << "pretag model: " << printable(error.message) << '\n';
  return error.code == ErrorCode::kInvalidArgument ? kExitUsage : kExitError;
}

// ---- info

Status print_info(const std::string& name) {
  PRETAG_ASSIGN(const std::string path, locate_model(name, model_search_folders()));
  PRETAG_ASSIGN(const auto weights, load_weight_file(path));
  const auto metadata = read_model_metadata(*weights);
  if (!metadata) return metadata.error().in(path);
  std::error_code error;
  std::cout << model_info_text(path, fs::file_size(path, error), *weights, *metadata);
  return {};
}

void add_info(CLI::App& model, std::function<int()>& action) {
  const auto name = std::make_shared<std::string>();
  CLI::App* command = model.add_subcommand("info", "Say what a weight file holds");
  command->add_option("model", *name, "A file, or the name of an installed model; none: the bundled model");
  command->footer("Examples:\n  pretag model info\n  pretag model info coco\n  pretag model info weights.pth");
  command->callback([name, &action] {
    action = [name] {
      const Status status = print_info(*name);
      return status.ok() ? kExitOk : fail(status.error());
    };
  });
}

// ---- convert

struct ConvertArguments {
  std::string input, output, dtype = "float32", classes, output_classes;
  std::map<std::string, std::string> metadata;
};

Status run_convert(const ConvertArguments& arguments) {
  PRETAG_ASSIGN(const ExportType type, export_type_named(arguments.dtype));
  ConvertRequest request{arguments.input, arguments.output, type, arguments.metadata};
  if (!arguments.classes.empty()) request.metadata["classes"] = json_classes_of(arguments.classes);
  if (!arguments.output_classes.empty()) request.metadata["output_classes"] = json_list_of(arguments.output_classes);
  PRETAG_ASSIGN(const ModelMetadata metadata, convert_model(request, local_file_system()));
  PRETAG_ASSIGN(const auto written, load_weight_file(request.output));
  std::error_code error;
  std::cout << model_info_text(request.output, fs::file_size(request.output, error), *written, metadata);
  return {};
}

void add_convert(CLI::App& model, std::function<int()>& action) {
  const auto arguments = std::make_shared<ConvertArguments>();
  CLI::App* command = model.add_subcommand("convert", "Write weights as .safetensors with complete metadata");
  command->add_option("input", arguments->input, ".safetensors, or torchvision's .pth")->required();
  command->add_option("output", arguments->output, "The .safetensors to write")->required();
  command->add_option("--dtype", arguments->dtype, "float32, bfloat16 (half the size) or int8 (a quarter)");
  command->add_option("--classes", arguments->classes, "Class names in the order of the outputs, without background")
      ->type_name("A,B,C");
  command
      ->add_option("--output-classes", arguments->output_classes,
                   "The classes to report; default: those of the file; of COCO's the seven, else all")
      ->type_name("A,B,C");
  const auto metadata_option = [&](const std::string& flag, const std::string& key, const std::string& help) {
    command->add_option_function<std::string>(
        flag, [arguments, key](const std::string& value) { arguments->metadata[key] = value; }, help);
  };
  metadata_option("--min-size", "min_size", "Network input: short side in pixels");
  metadata_option("--max-size", "max_size", "Network input: limit of the long side in pixels");
  metadata_option("--anchor-sizes", "anchor_sizes", "One a pyramid level, e.g. [32,64,128,256,512]");
  metadata_option("--score-threshold", "score_threshold", "Recommended for counting objects, 0 to 1");
  metadata_option(
      "--batch-norm-eps", "batch_norm_eps",
      "Epsilon of the batch norms; 0 for weights fine-tuned from torchvision's COCO weights (default 1e-05)");
  metadata_option("--training-data", "training_data", "What it was trained on, for people");
  metadata_option("--license", "license", "The terms of use, for people");
  metadata_option("--note", "note", "What readers of a report should know before they trust the numbers");
  command->footer(
      "Examples:\n"
      "  pretag model convert checkpoint.pth driving.safetensors --classes bicycle,bus,car,person\n"
      "  pretag model convert driving.safetensors small.safetensors --dtype int8");
  command->callback([arguments, &action] {
    action = [arguments] {
      const Status status = run_convert(*arguments);
      return status.ok() ? kExitOk : fail(status.error());
    };
  });
}

// ---- quantize

Status run_quantize(QuantizeRequest request) {
  PRETAG_ASSIGN(request.model, locate_model(request.model, model_search_folders()));
  const auto progress = make_progress(ProgressStyle::kAuto, probe_terminal(STDERR_FILENO), std::cerr);
  PRETAG_ASSIGN(const QuantizeOutcome outcome, quantize_model(request, local_file_system(), *progress));
  std::cout << quantize_text(outcome);
  return {};
}

void add_quantize(CLI::App& model, std::function<int()>& action) {
  const auto request = std::make_shared<QuantizeRequest>();
  CLI::App* command = model.add_subcommand("quantize", "Measure what computing in int8 needs to know of a model");
  command->add_option("model", request->model, "A file, or the name of an installed model")->required();
  command->add_option("images", request->images, "Folder of pictures like those to be tagged; labels are not needed")
      ->required();
  command->add_option(
      "-o,--output", request->output,
      "Write a .safetensors with int8 weights that holds the ranges; else <model>.ranges.json beside the "
      "model");
  command->add_option("--images", request->max_images, "How many of them to look at (default 64)")
      ->check(CLI::Range(1, 100'000));
  command->add_option("--threads", request->threads, "Default: all cores")->check(CLI::Range(1, 4096));
  command->footer(
      "Examples:\n"
      "  pretag model quantize driving.safetensors photos/\n"
      "  pretag model quantize coco photos/ -o coco-int8.safetensors\n"
      "precision=auto then computes in int8 where the processor can.");
  command->callback([request, &action] {
    action = [request] {
      const Status status = run_quantize(*request);
      return status.ok() ? kExitOk : fail(status.error());
    };
  });
}

// ---- align

struct AlignArguments {
  AlignRequest request;
  std::vector<std::string> renames;  // FROM=TO
};

Status run_align(AlignArguments arguments) {
  PRETAG_ASSIGN(arguments.request.labels.renamed, parse_renames(arguments.renames));
  PRETAG_ASSIGN(arguments.request.model, locate_model(arguments.request.model, model_search_folders()));
  PRETAG_ASSIGN(const AlignOutcome outcome, align_model(arguments.request, local_file_system()));
  std::cout << align_text(outcome, arguments.request.output);
  return {};
}

void add_align(CLI::App& model, std::function<int()>& action) {
  const auto arguments = std::make_shared<AlignArguments>();
  AlignRequest& request = arguments->request;
  CLI::App* command = model.add_subcommand("align", "Make a model count right, from some labelled pictures");
  command->add_option("model", request.model, "A file, or the name of an installed model")->required();
  command->add_option("runs", request.runs, "Run folders of the labelled pictures, one an input size (accuracy=…)")
      ->required()
      ->type_name("RUN");
  command->add_option("--labels", request.labels.labels, "COCO JSON file, or a folder of YOLO labels")
      ->required()
      ->type_name("FILE|DIR");
  command->add_option("--names", request.labels.names, "Class names of YOLO labels: data.yaml, or one name a line")
      ->type_name("FILE");
  command->add_option("--rename", arguments->renames, "A class of the labels by the model's name; may be repeated")
      ->type_name("FROM=TO");
  command
      ->add_option("--switch-off", request.switched_off,
                   "A class that the model is to find no more, for it cannot tell it; may be repeated")
      ->type_name("CLASS");
  command
      ->add_option("--fewest", request.fewest_objects,
                   "Classes with fewer labelled objects stay as they are (default 15)")
      ->check(CLI::Range(1, 1'000'000));
  command->add_option("-o,--output", request.output, "The .safetensors to write; may be the model itself")->required();
  command->footer(
      "Examples:\n"
      "  pretag run labelled/ -o full && pretag run labelled/ -o fast accuracy=fast\n"
      "  pretag model align pretag-driving full fast --labels labels.json -o mine.safetensors\n"
      "  pretag run images/ -o run model=mine.safetensors\n"
      "Adds a number to each class's scores, in log-odds, so that at the model's score threshold as many objects are "
      "counted as are labelled. A few hundred labelled pictures of your own cameras make the histogram of the rest "
      "trustworthy; which boxes are found, and in which order, stays nearly the same.");
  command->callback([arguments, &action] {
    action = [arguments] {
      const Status status = run_align(*arguments);
      return status.ok() ? kExitOk : fail(status.error());
    };
  });
}

// ---- pull

struct PullArguments {
  std::string name, from, url, output, dtype = "float32", ca_file;
};

// Behind a company's proxy the environment often names one.
std::string ca_file_of(const PullArguments& arguments) {
  return arguments.ca_file.empty() ? trusted_certificates() : arguments.ca_file;
}

Result<std::string> pull_output(const PullArguments& arguments, const OfficialModel& model) {
  if (!arguments.output.empty()) return arguments.output;
  if (const auto folder = model_cache_folder()) return *folder + "/" + model.name + ".safetensors";
  return Error{ErrorCode::kInvalidArgument, "neither XDG_CACHE_HOME nor HOME is set; say where to with --output FILE"};
}

Status run_pull(const PullArguments& arguments) {
  const OfficialModel& model = official_coco();
  PRETAG_ASSIGN(const ExportType type, export_type_named(arguments.dtype));
  PRETAG_ASSIGN(const std::string output, pull_output(arguments, model));
  const PullRequest request{arguments.from, arguments.url, output, type};
  const auto client = make_http_client({.ca_file = ca_file_of(arguments)});
  if (request.from.empty()) std::cerr << "Fetching " << (request.url.empty() ? model.url : request.url) << '\n';
  DownloadLine line(std::cerr, probe_terminal(STDERR_FILENO).interactive);
  Status status = pull_model(model, request, *client, local_file_system(),
                             [&](uint64_t done, std::optional<uint64_t> total) { line.update(done, total); });
  line.finish();
  if (!status) return status;
  std::cout << output << '\n';
  const bool installed = arguments.output.empty();
  std::cerr << fmt::format("Use it with model={}\n", installed ? model.name : output);
  return {};
}

void add_pull(CLI::App& model, std::function<int()>& action) {
  const auto arguments = std::make_shared<PullArguments>();
  CLI::App* command = model.add_subcommand("pull", "Fetch published weights, check and convert them");
  command->add_option("name", arguments->name, "coco: torchvision's Faster R-CNN, 80 classes of COCO (160 MB)")
      ->required()
      ->check(CLI::IsMember({official_coco().name}));
  command->add_option("--from", arguments->from, "Take the publisher's file from here; nothing is fetched");
  command->add_option("--url", arguments->url, "Fetch it from a mirror; the checksum must be the publisher's");
  command->add_option("-o,--output", arguments->output, "Where to; default: the user's cache, as model=coco finds it");
  command->add_option("--dtype", arguments->dtype, "float32, bfloat16 or int8");
  command->add_option("--ca-file", arguments->ca_file,
                      "PEM certificates to trust; default: CURL_CA_BUNDLE, SSL_CERT_FILE");
  command->footer(
      "Examples:\n"
      "  pretag model pull coco\n"
      "  pretag model pull coco --from fasterrcnn_resnet50_fpn_coco-258fb6c6.pth     (without a network)\n"
      "Proxies are those of https_proxy and no_proxy. An interrupted download goes on where it stopped.");
  command->callback([arguments, &action] {
    action = [arguments] {
      const Status status = run_pull(*arguments);
      return status.ok() ? kExitOk : fail(status.error());
    };
  });
}

}  // namespace

void add_model_command(CLI::App& app, std::function<int()>& action) {
  CLI::App* model =
      app.add_subcommand("model", "Look at weight files, convert, quantise and align them, fetch published ones");
  model->require_subcommand(1);
  add_info(*model, action);
  add_convert(*model, action);
  add_quantize(*model, action);
  add_align(*model, action);
  add_pull(*model, action);
}

}  // namespace pretag
