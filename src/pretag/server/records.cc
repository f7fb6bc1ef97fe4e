#include "pretag/server/records.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pretag {
namespace {

constexpr char kColumns[] = "id, owner, parent, name, state, position, created_at, modified_at, expires_at, document";
constexpr char kAllButDocument[] =
    "id, owner, parent, name, state, position, created_at, modified_at, expires_at, '{}'";

const char* name_of(Table table) { return kTableNames[static_cast<size_t>(table)]; }

Result<Record> to_record(const SqlRow& row) {
  Record record;
  record.id = row.text(0);
  record.owner = row.text(1);
  record.parent = row.text(2);
  record.name = row.text(3);
  record.state = row.text(4);
  record.position = row.integer(5);
  record.created_at = row.integer(6);
  record.modified_at = row.integer(7);
  record.expires_at = row.integer(8);
  record.document = nlohmann::json::parse(row.text(9), nullptr, false);
  if (record.document.is_discarded()) return Error{ErrorCode::kCorrupt, "a document in the database is not JSON"};
  return record;
}

// The WHERE clause and its values, which number on from what is there.
struct Condition {
  std::string sql{};
  std::vector<SqlValue> values{};

  void add(std::string_view comparison, SqlValue value) {
    values.push_back(value);
    sql += fmt::format("{} {} ?{}", sql.empty() ? " WHERE" : " AND", comparison, values.size());
  }
};

Condition condition_of(const RecordFilter& filter) {
  Condition condition;
  if (filter.owner) condition.add("owner =", *filter.owner);
  if (filter.parent) condition.add("parent =", *filter.parent);
  if (filter.name) condition.add("name =", *filter.name);
  if (filter.state) condition.add("state =", *filter.state);
  if (filter.positions) {
    condition.add("position >=", filter.positions->first);
    condition.add("position <=", filter.positions->last);
  }
  if (filter.name_prefix) {
    // substr and not LIKE: the prefix may hold % and _.
    condition.values.emplace_back(*filter.name_prefix);
    const size_t number = condition.values.size();
    condition.sql +=
        fmt::format("{} substr(name, 1, length(?{})) = ?{}", condition.sql.empty() ? " WHERE" : " AND", number, number);
  }
  if (filter.expires_before) condition.add("expires_at <", *filter.expires_before);
  return condition;
}

std::string serialised(const nlohmann::json& document) {
  return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<bool> update_where(SqlConnection& sql, Table table, const Record& record,
                          std::optional<std::string_view> expected_state) {
  const std::string document = serialised(record.document);
  std::vector<SqlValue> values = {record.id,          record.name,       record.state, record.position,
                                  record.modified_at, record.expires_at, document};
  std::string text = fmt::format(
      "UPDATE {} SET name = ?2, state = ?3, position = ?4, modified_at = ?5, expires_at = ?6, document = ?7 "
      "WHERE id = ?1",
      name_of(table));
  if (expected_state) {
    text += " AND state = ?8";
    values.emplace_back(*expected_state);
  }
  PRETAG_ASSIGN(const int64_t changed, sql.change(text, values));
  return changed == 1;
}

}  // namespace

Status insert(SqlConnection& sql, Table table, const Record& record) {
  const std::string document = serialised(record.document);
  const std::array<SqlValue, 10> values = {record.id,         record.owner,    record.parent,     record.name,
                                           record.state,      record.position, record.created_at, record.modified_at,
                                           record.expires_at, document};
  return sql.query(
      fmt::format("INSERT INTO {} ({}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)", name_of(table), kColumns),
      values, [](const SqlRow&) { return Status(); });
}

Result<std::optional<Record>> find(SqlConnection& sql, Table table, std::string_view id) {
  std::optional<Record> found;
  const std::array<SqlValue, 1> values = {id};
  PRETAG_TRY(sql.query(fmt::format("SELECT {} FROM {} WHERE id = ?1", kColumns, name_of(table)), values,
                       [&](const SqlRow& row) -> Status {
                         PRETAG_ASSIGN(found, to_record(row));
                         return {};
                       }));
  return found;
}

Result<std::optional<Record>> find_first(SqlConnection& sql, Table table, const RecordFilter& filter) {
  RecordFilter first = filter;
  first.page = {filter.page.offset, 1};
  std::optional<Record> found;
  PRETAG_TRY(visit(sql, table, first, [&](Record&& record) { return found = std::move(record), Status(); }));
  return found;
}

Result<bool> update_if(SqlConnection& sql, Table table, const Record& record, std::string_view expected_state) {
  return update_where(sql, table, record, expected_state);
}

Result<bool> update(SqlConnection& sql, Table table, const Record& record) {
  return update_where(sql, table, record, std::nullopt);
}

Status remove(SqlConnection& sql, Table table, std::string_view id) {
  const std::array<SqlValue, 1> values = {id};
  return sql.query(fmt::format("DELETE FROM {} WHERE id = ?1", name_of(table)), values,
                   [](const SqlRow&) { return Status(); });
}

Status remove_children(SqlConnection& sql, Table table, std::string_view parent) {
  const std::array<SqlValue, 1> values = {parent};
  return sql.query(fmt::format("DELETE FROM {} WHERE parent = ?1", name_of(table)), values,
                   [](const SqlRow&) { return Status(); });
}

Result<int64_t> remove_some_children(SqlConnection& sql, Table table, std::string_view parent, int64_t most) {
  const std::array<SqlValue, 2> values = {parent, most};
  return sql.change(fmt::format("DELETE FROM {0} WHERE id IN (SELECT id FROM {0} WHERE parent = ?1 ORDER BY position "
                                "LIMIT ?2)",
                                name_of(table)),
                    values);
}

Status visit(SqlConnection& sql, Table table, const RecordFilter& filter, const std::function<Status(Record&&)>& take) {
  Condition condition = condition_of(filter);
  // Of one name there are few: '+' keeps SQLite from walking through all that the parent has in the order of positions.
  std::string text =
      fmt::format("SELECT {} FROM {}{} ORDER BY {}position {}", filter.without_documents ? kAllButDocument : kColumns,
                  name_of(table), condition.sql, filter.name ? "+" : "", filter.newest_first ? "DESC" : "ASC");
  if (filter.page.size >= 0 || filter.page.offset > 0) {
    condition.values.emplace_back(filter.page.size >= 0 ? filter.page.size : INT64_MAX);
    condition.values.emplace_back(filter.page.offset);
    text += fmt::format(" LIMIT ?{} OFFSET ?{}", condition.values.size() - 1, condition.values.size());
  }
  return sql.query(text, condition.values, [&](const SqlRow& row) -> Status {
    PRETAG_ASSIGN(Record record, to_record(row));
    return take(std::move(record));
  });
}

Result<std::vector<Record>> list(SqlConnection& sql, Table table, const RecordFilter& filter) {
  std::vector<Record> records;
  PRETAG_TRY(
      visit(sql, table, filter, [&](Record&& record) { return records.push_back(std::move(record)), Status(); }));
  return records;
}

Status visit_names(SqlConnection& sql, Table table, std::string_view parent, Positions positions,
                   const std::function<Status(std::string_view id, std::string_view name, int64_t position)>& take) {
  const std::array<SqlValue, 3> values = {parent, positions.first, positions.last};
  return sql.query(fmt::format("SELECT id, name, position FROM {} WHERE parent = ?1 AND position >= ?2 AND "
                               "position <= ?3 ORDER BY position",
                               name_of(table)),
                   values, [&](const SqlRow& row) { return take(row.text(0), row.text(1), row.integer(2)); });
}

Result<int64_t> count(SqlConnection& sql, Table table, const RecordFilter& filter) {
  const Condition condition = condition_of(filter);
  int64_t rows = 0;
  PRETAG_TRY(sql.query(fmt::format("SELECT count(*) FROM {}{}", name_of(table), condition.sql), condition.values,
                       [&](const SqlRow& row) { return rows = row.integer(0), Status(); }));
  return rows;
}

// User by user, since that is what the index begins with: without reading the millions of rows that there may be.
Result<int64_t> greatest_position(SqlConnection& sql) {
  int64_t greatest = 0;
  for (const char* table : kTableNames) {
    PRETAG_TRY(sql.query(
        fmt::format("SELECT coalesce(max(newest), 0) FROM (SELECT (SELECT max(position) FROM {} WHERE owner = "
                    "users.id) AS newest FROM users) AS of_users",
                    table),
        {}, [&](const SqlRow& row) { return greatest = std::max(greatest, row.integer(0)), Status(); }));
  }
  return greatest;
}

}  // namespace pretag
