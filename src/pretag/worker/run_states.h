// The states of a run as the API names them.
#pragma once

#include <string>

#include "pretag/data/run_config.h"
#include "pretag/run/progress.h"

namespace pretag {

struct ApiState {
  std::string name;     // PRETAGGING …
  std::string message;  // for people, one line
};

// Our stages are coarser than the API's states: one pass over the images checks, embeds and pretags each of them, and
// is named after the most that it does.
ApiState api_state(RunStage stage, const RunConfig& config, bool needs_model);

// Nothing follows these.
bool is_final_state(const std::string& state);

// "Pretagging: 1200/5000 (24 %), 3.1 images/s, 2 could not be read".
std::string progress_message(const std::string& stage, const Progress& progress, double images_per_second);

}  // namespace pretag
