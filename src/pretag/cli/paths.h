// Where the program finds what belongs to it. The environment and /proc/self/exe are read here and nowhere below.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pretag/util/environment.h"

namespace pretag {

// The program's own environment.
std::optional<std::string> process_environment(const char* name);

// The file of certificates to trust that the environment names, as curl has it; empty: the system's.
std::string trusted_certificates(const EnvironmentLookup& get = process_environment);

// Folders that may hold models, in the order of preference: those of PRETAG_MODEL_PATH (separated by ':'), the source
// tree's when the program runs from its build folder, <prefix>/share/pretag/models, the user's cache.
std::vector<std::string> model_search_folders();

// The same for a program at `executable` and an environment `get`.
std::vector<std::string> model_search_folders(const std::string& executable, const EnvironmentLookup& get);

// The user's cache of models, the last of the folders above: $XDG_CACHE_HOME/pretag/models or ~/.cache/pretag/models.
// Nothing when the environment has neither.
std::optional<std::string> model_cache_folder();
std::optional<std::string> model_cache_folder(const EnvironmentLookup& get);

// What runs share, such as data pools: $XDG_DATA_HOME/pretag or ~/.local/share/pretag; "." when the environment has
// neither.
std::string shared_data_folder();
std::string shared_data_folder(const EnvironmentLookup& get);

}  // namespace pretag
