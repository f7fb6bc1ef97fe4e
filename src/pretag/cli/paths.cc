#include "pretag/cli/paths.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "pretag/util/strings.h"

namespace pretag {
namespace {

namespace fs = std::filesystem;

// XDG Base Directory Specification 0.8: a relative path in the variable is ignored.
std::optional<fs::path> base_folder(const EnvironmentLookup& get, const char* variable, const char* below_home) {
  if (const auto base = get(variable); base && fs::path(*base).is_absolute()) return *base;
  if (const auto home = get("HOME"); home && !home->empty()) return fs::path(*home) / below_home;
  return std::nullopt;
}

}  // namespace

std::optional<std::string> process_environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  return value;
}

std::string trusted_certificates(const EnvironmentLookup& get) {
  for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    if (const auto file = get(name); file && !file->empty()) return *file;
  }
  return {};
}

std::optional<std::string> model_cache_folder(const EnvironmentLookup& get) {
  const auto cache = base_folder(get, "XDG_CACHE_HOME", ".cache");
  if (!cache) return std::nullopt;
  return (*cache / "pretag/models").string();
}

std::optional<std::string> model_cache_folder() { return model_cache_folder(process_environment); }

std::string shared_data_folder(const EnvironmentLookup& get) {
  const auto data = base_folder(get, "XDG_DATA_HOME", ".local/share");
  return data ? (*data / "pretag").string() : ".";
}

std::string shared_data_folder() { return shared_data_folder(process_environment); }

std::vector<std::string> model_search_folders(const std::string& executable, const EnvironmentLookup& get) {
  std::vector<std::string> folders;
  for (const std::string& folder : split(get("PRETAG_MODEL_PATH").value_or(""), ':')) {
    if (!folder.empty()) folders.push_back(folder);
  }
  if (!executable.empty()) {
    const fs::path program = fs::path(executable).parent_path();  // build/release, or <prefix>/bin
    folders.push_back((program / "../../models").lexically_normal());
    folders.push_back((program / "../share/pretag/models").lexically_normal());
  }
  if (const auto cache = model_cache_folder(get)) folders.push_back(*cache);
  return folders;
}

std::vector<std::string> model_search_folders() {
  std::error_code error;
  const fs::path executable = fs::read_symlink("/proc/self/exe", error);
  return model_search_folders(executable.string(), process_environment);
}

}  // namespace pretag
