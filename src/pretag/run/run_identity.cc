#include "pretag/run/run_identity.h"

#include <fmt/format.h>

namespace pretag {

Result<RunIdentity> identity_in(const Ledger& ledger, const RunIdentity& like) {
  RunIdentity identity;
  for (const auto& [name, value] : like) {
    PRETAG_ASSIGN(const auto fact, ledger.fact("identity." + name));
    identity[name] = fact.value_or("");
  }
  return identity;
}

Status claim_ledger(Ledger& ledger, const RunIdentity& identity) {
  // Without an input there are no results yet: an attempt that found no images binds nobody.
  PRETAG_ASSIGN(const LedgerCounts counts, ledger.counts());
  for (const auto& [name, value] : identity) {
    const std::string key = "identity." + name;
    PRETAG_ASSIGN(const std::optional<std::string> before, ledger.fact(key));
    if (!before || counts.total() == 0) {
      PRETAG_TRY(ledger.set_fact(key, value));
    } else if (*before != value) {
      return Error{
          ErrorCode::kConflict,
          fmt::format("the output folder holds a run with {} '{}', and this one has '{}'; use the same setting "
                      "to resume it, or another output folder",
                      name, *before, value)};
    }
  }
  return {};
}

}  // namespace pretag
