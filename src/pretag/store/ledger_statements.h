// The statements of a ledger, prepared once: all but those for facts run a thousand times a second. For this layer.
#pragma once

#include "pretag/store/sqlite.h"
#include "pretag/util/result.h"

namespace pretag {

// They must not outlive the database. A page's statement takes the file name to go on after, and the number of rows.
struct LedgerStatements {
  Statement set_fact, get_fact, add_label, add_input, add_unopened, set_state, set_result, drop_result;
  Statement set_objects, drop_objects, set_regions, drop_regions, pending_page, failure_page;
  // Also whether there are own embeddings (1 or 0), which then are those of the images; empty ones mask them.
  Statement result_page, whole_page;
  Statement own_page, add_own, forget_own, forget_own_of_failures, forget_failures;

  // kInternal where a table that they need is missing.
  static Result<LedgerStatements> prepare(Database& database);
};

}  // namespace pretag
