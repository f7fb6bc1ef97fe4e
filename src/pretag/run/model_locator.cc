#include "pretag/run/model_locator.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <system_error>

#include "pretag/nn/model_metadata.h"
#include "pretag/nn/weight_file.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 2> kExtensions = {".safetensors", ".pth"};

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

bool has_model_extension(const fs::path& path) {
  return std::ranges::find(kExtensions, path.extension().string()) != kExtensions.end();
}

Error not_found(const std::string& name, std::span<const std::string> folders) {
  std::string message = fmt::format("model '{}' not found", one_line(name, 200));
  if (!folders.empty()) message += fmt::format(" in {}", fmt::join(folders, ", "));
  const std::vector<std::string> models = installed_models(folders);
  message += models.empty() ? "; no model is installed" : fmt::format("; there is {}", fmt::join(models, ", "));
  if (name == "coco") message += "; 'pretag model pull coco' fetches it";
  return {ErrorCode::kNotFound, message + ". Set model=FILE to use a weight file of your own"};
}

}  // namespace

Result<std::string> locate_model(const std::string& name_or_path, std::span<const std::string> search_folders) {
  const std::string name = name_or_path.empty() ? std::string(kBundledModel) : name_or_path;
  if (name.find('/') != std::string::npos) {
    if (is_file(name)) return name;
    return Error{ErrorCode::kNotFound, fmt::format("model '{}' is not a file", one_line(name, 200))};
  }
  if (!name_or_path.empty() && has_model_extension(name) && is_file(name)) return name;
  for (const std::string& folder : search_folders) {
    const fs::path path = fs::path(folder) / name;
    if (has_model_extension(path) && is_file(path)) return path.string();
    for (const std::string_view extension : kExtensions) {
      const std::string file = path.string() + std::string(extension);
      if (is_file(file)) return file;
    }
  }
  return not_found(name, search_folders);
}

Status check_model(const std::string& path) {
  PRETAG_ASSIGN(const auto weights, load_weight_file(path));
  const auto metadata = read_model_metadata(*weights);
  return metadata ? Status() : metadata.error().in(path);
}

std::vector<std::string> installed_models(std::span<const std::string> search_folders) {
  std::set<std::string> names;
  for (const std::string& folder : search_folders) {
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      if (has_model_extension(it->path()) && is_file(it->path())) names.insert(it->path().stem().string());
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace pretag
