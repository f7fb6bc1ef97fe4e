// What a server says that a worker is to do. Whatever that is, files are taken from below the mounts alone.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pretag/worker/job_config.h"

using namespace pretag;

namespace {

bool is_below(const std::string& path, std::string_view folder) {
  return path.empty() || (path.starts_with(folder) && path.find("/../") == std::string::npos && !path.ends_with("/.."));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const JobSettings settings{.defaults = {"num_threads=3"},
                             .shared_folder = "/shared",
                             .lightly_folder = "/lightly",
                             .dataset_id = "0123456789abcdef01234567"};
  const auto job = read_job_config({reinterpret_cast<const char*>(data), size}, settings);
  if (!job) {
    const std::string& message = job.error().message;
    if (message.empty() || message.find('\n') != std::string::npos) std::abort();
    return 0;
  }
  const RunConfig& config = job->config;
  const bool model_is_path = config.model.find('/') != std::string::npos;
  if (model_is_path && !is_below(config.model, "/shared")) std::abort();
  if (!is_below(config.pretagging_config, "/shared")) std::abort();
  if (!is_below(config.relevant_filenames_file, "/lightly/.lightly")) std::abort();
  if (!config.selection.empty()) std::abort();
  return 0;
}
