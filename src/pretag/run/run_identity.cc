#include "pretag/run/run_identity.h"

#include <fmt/format.h>

namespace pretag {
namespace {

// Without an input there are no results yet: an attempt that found no images binds nobody. Ranges that the run is to
// measure bind only with the first result: until then the user may have them measured for good, as the run advises.
bool binds(const std::string& name, const LedgerCounts& counts) {
  return name == kActivationRanges ? counts.done > 0 : counts.total() > 0;
}

std::string remedy(const std::string& name) {
  if (name != kActivationRanges) return "use the same setting to resume it";
  return "to resume it, put back what they came from (<model>.ranges.json, or config/activation_ranges.json of the "
         "run)";
}

}  // namespace

Result<RunIdentity> identity_in(const Ledger& ledger, const RunIdentity& like) {
  RunIdentity identity;
  for (const auto& [name, value] : like) {
    PRETAG_ASSIGN(const auto fact, ledger.fact("identity." + name));
    identity[name] = fact.value_or("");
  }
  return identity;
}

Status claim_ledger(Ledger& ledger, const RunIdentity& identity) {
  PRETAG_ASSIGN(const LedgerCounts counts, ledger.counts());
  for (const auto& [name, value] : identity) {
    const std::string key = "identity." + name;
    PRETAG_ASSIGN(const std::optional<std::string> before, ledger.fact(key));
    if (!before || !binds(name, counts)) {
      PRETAG_TRY(ledger.set_fact(key, value));
    } else if (*before != value) {
      return Error{
          ErrorCode::kConflict,
          fmt::format("the output folder holds a run with {} '{}', and this one has '{}'; {}, or use another output "
                      "folder",
                      name, *before, value, remedy(name))};
    }
  }
  return {};
}

}  // namespace pretag
