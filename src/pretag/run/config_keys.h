// The one table of configuration keys: parsing, help, "did you mean" and docs/configuration.md all follow it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pretag/data/run_config.h"
#include "pretag/util/result.h"

namespace pretag {

enum class KeyStatus {
  kWorks,
  kOfJobs,       // tells a worker what to do around a run; accepted with a warning where there is no job
  kOfJobsAlone,  // set by a job for itself; refused elsewhere unless it is set to its default
  kNoEffectYet,  // accepted with a warning: the results do not depend on it
  kNotYet,       // refused unless it is set to its default: without it the results would not be what was asked for
};

enum class KeyType { kBool, kInteger, kReal, kText, kChoice, kDevice, kList, kAny };  // a list is kept as JSON text

// Where a key's value is kept; monostate: nowhere, as long as the key has no effect.
using ConfigField = std::variant<std::monostate, bool RunConfig::*, int64_t RunConfig::*, double RunConfig::*,
                                 std::string RunConfig::*, Precision RunConfig::*, Accuracy RunConfig::*>;

struct ConfigKey {
  std::string name;  // snake_case, dots between levels; a last part "*" stands for any key below
  KeyType type = KeyType::kText;
  KeyStatus status = KeyStatus::kWorks;
  std::string default_text;    // as it would be written; "" for empty text
  std::string doc;             // one sentence, with the unit
  double least = 0, most = 0;  // of numbers, inclusive
  bool minus_one = false;      // -1 is allowed besides
  std::vector<std::string> choices;
  ConfigField field;
  bool of_selection = false;  // what `pretag select` takes, too: the images need not be looked at again
};

// In the order in which people should read them. Immutable; any thread.
std::span<const ConfigKey> config_keys();

// The row of a key spelled in snake_case or camelCase, or nullptr.
const ConfigKey* find_config_key(std::string_view spelled);

// The other spelling of a name: "stopping_condition.n_samples" -> "stoppingCondition.nSamples".
std::string camel_case(std::string_view name);

// Sets `key` from its text. An error names the key, the value and what is allowed; `config` is unchanged then.
Status set_config_value(RunConfig& config, const ConfigKey& key, std::string_view text);
// "True", "yes", "on", "1" and their contraries, in any case.
std::optional<bool> read_bool(std::string_view text);
// The value as text that set_config_value reads back; the default where the key has no field.
std::string config_value(const RunConfig& config, const ConfigKey& key);
// Whether `text` says the same as the key's default, e.g. "False" and "false". False for text that is not allowed.
bool is_default_value(const ConfigKey& key, std::string_view text);
// "true or false", "an integer >= 1, or -1", "auto, f32 or bf16".
std::string allowed_values(const ConfigKey& key);

// The table as text for a terminal (`pretag run --help-config`) and as Markdown (in docs/configuration.md).
std::string config_help();
std::string config_markdown();

}  // namespace pretag
