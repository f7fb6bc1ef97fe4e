// From the name of a model to its file.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/util/result.h"

namespace pretag {

// What an empty name stands for: the model that comes with the program.
inline constexpr std::string_view kBundledModel = "pretag-driving";

// An empty name is the bundled model. A name with a '/' is a path. Any other is a file here (with its extension), else
// <folder>/<name>, <name>.safetensors or <name>.pth in the first of `search_folders` that has it.
// kNotFound says where it was looked for and which models there are.
Result<std::string> locate_model(const std::string& name_or_path, std::span<const std::string> search_folders);

// Whether the file is one of weights, with metadata that make sense: a file of the right name may be a pointer of Git
// LFS, or a download that broke off. The error names the file.
Status check_model(const std::string& path);

// The names that locate_model finds in the folders, sorted, each once.
std::vector<std::string> installed_models(std::span<const std::string> search_folders);

}  // namespace pretag
