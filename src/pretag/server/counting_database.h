// For the tests of this layer: a database that counts the rows which are read from it.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "pretag/server/sql.h"

namespace pretag {

class CountingConnection final : public SqlConnection {
 public:
  CountingConnection(SqlDatabase::Lease counted, std::shared_ptr<std::atomic<int64_t>> rows)
      : counted_(std::move(counted)), rows_(std::move(rows)) {}

  Status query(const std::string& sql, std::span<const SqlValue> values, const Visit& visit) override {
    return counted_->query(sql, values, [&](const SqlRow& row) { return ++*rows_, visit(row); });
  }
  Result<int64_t> change(const std::string& sql, std::span<const SqlValue> values) override {
    return counted_->change(sql, values);
  }
  Status execute(const std::string& sql) override { return counted_->execute(sql); }
  Status begin() override { return counted_->begin(); }
  Status commit() override { return counted_->commit(); }
  void rollback() override { counted_->rollback(); }

 private:
  SqlDatabase::Lease counted_;
  std::shared_ptr<std::atomic<int64_t>> rows_;
};

class CountingDatabase final : public SqlDatabase {
 public:
  explicit CountingDatabase(std::unique_ptr<SqlDatabase> counted) : counted_(std::move(counted)) {}

  Result<Lease> connect() override {
    PRETAG_ASSIGN(auto lease, counted_->connect());
    return Lease(new CountingConnection(std::move(lease), rows_), std::default_delete<SqlConnection>());
  }
  std::string name() const override { return counted_->name(); }
  const std::shared_ptr<std::atomic<int64_t>>& rows() const { return rows_; }

 private:
  std::unique_ptr<SqlDatabase> counted_;
  std::shared_ptr<std::atomic<int64_t>> rows_ = std::make_shared<std::atomic<int64_t>>(0);
};

}  // namespace pretag
