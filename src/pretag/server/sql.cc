#include "pretag/server/sql.h"

namespace pretag {

Result<SqlTransaction> SqlTransaction::begin(SqlConnection& sql) {
  PRETAG_TRY(sql.begin());
  return SqlTransaction(sql);
}

SqlTransaction::~SqlTransaction() {
  if (sql_ != nullptr) sql_->rollback();
}

Status SqlTransaction::commit() {
  PRETAG_TRY(sql_->commit());
  sql_ = nullptr;
  return {};
}

}  // namespace pretag
