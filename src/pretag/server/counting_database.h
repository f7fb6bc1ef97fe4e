// For the tests of this layer: a database that counts the rows which are read from it, those which one statement
// changes, and the connections that it lends; and that can be away.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "pretag/server/sql.h"

namespace pretag {

struct CountedRows {
  std::atomic<int64_t> read = 0, most_changed = 0, connections = 0;
  std::atomic<bool> away = false;
};

class CountingConnection final : public SqlConnection {
 public:
  CountingConnection(SqlDatabase::Lease counted, std::shared_ptr<CountedRows> rows)
      : counted_(std::move(counted)), rows_(std::move(rows)) {}

  Status query(const std::string& sql, std::span<const SqlValue> values, const Visit& visit) override {
    return counted_->query(sql, values, [&](const SqlRow& row) { return ++rows_->read, visit(row); });
  }
  Result<int64_t> change(const std::string& sql, std::span<const SqlValue> values) override {
    const auto changed = counted_->change(sql, values);
    if (changed) rows_->most_changed = std::max<int64_t>(rows_->most_changed, *changed);
    return changed;
  }
  Status execute(const std::string& sql) override { return counted_->execute(sql); }
  Status begin() override { return counted_->begin(); }
  Status commit() override { return counted_->commit(); }
  void rollback() override { counted_->rollback(); }

 private:
  SqlDatabase::Lease counted_;
  std::shared_ptr<CountedRows> rows_;
};

class CountingDatabase final : public SqlDatabase {
 public:
  explicit CountingDatabase(std::unique_ptr<SqlDatabase> counted) : counted_(std::move(counted)) {}

  Result<Lease> connect() override {
    if (rows_->away) return Error{ErrorCode::kIo, "the database is away"};
    ++rows_->connections;
    PRETAG_ASSIGN(auto lease, counted_->connect());
    return Lease(new CountingConnection(std::move(lease), rows_), std::default_delete<SqlConnection>());
  }
  std::string name() const override { return counted_->name(); }
  const std::shared_ptr<CountedRows>& rows() const { return rows_; }

 private:
  std::unique_ptr<SqlDatabase> counted_;
  std::shared_ptr<CountedRows> rows_ = std::make_shared<CountedRows>();
};

}  // namespace pretag
