#include "pretag/server/accounts.h"

#include <algorithm>
#include <array>

#include "pretag/io/sha256.h"
#include "pretag/server/random_ids.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

std::string digest_of(std::string_view secret) { return sha256_hex(std::as_bytes(std::span(secret))); }

Status check_name(const std::string& what, const std::string& name, bool may_be_empty) {
  const bool control = std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if ((may_be_empty || !name.empty()) && name.size() <= 200 && !control && is_valid_utf8(name)) return {};
  return Error{ErrorCode::kInvalidArgument, "'" + one_line(name) + "': not a " + what + "; use up to 200 characters"};
}

Result<std::string> user_id(SqlConnection& sql, const std::string& name, int64_t now_ms) {
  std::string id;
  const std::array<SqlValue, 1> by_name = {std::string_view(name)};
  PRETAG_TRY(sql.query("SELECT id FROM users WHERE name = ?1", by_name,
                       [&](const SqlRow& row) { return id = row.text(0), Status(); }));
  if (!id.empty()) return id;
  id = new_id();
  const std::array<SqlValue, 3> values = {std::string_view(id), std::string_view(name), now_ms};
  PRETAG_TRY(sql.change("INSERT INTO users (id, name, created_at) VALUES (?1, ?2, ?3)", values));
  return id;
}

}  // namespace

Result<NewToken> create_token(SqlConnection& sql, const std::string& user, const std::string& label, int64_t now_ms) {
  PRETAG_TRY(check_name("name of a user", user, false));
  PRETAG_TRY(check_name("label of a token", label, true));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(sql));
  PRETAG_ASSIGN(const std::string owner, user_id(sql, user, now_ms));
  NewToken token{new_id(), random_hex(24)};
  const std::string digest = digest_of(token.secret);
  const std::array<SqlValue, 5> values = {std::string_view(token.id), std::string_view(owner), std::string_view(label),
                                          std::string_view(digest), now_ms};
  PRETAG_TRY(
      sql.change("INSERT INTO tokens (id, user_id, label, hash, created_at) VALUES (?1, ?2, ?3, ?4, ?5)", values));
  PRETAG_TRY(transaction.commit());
  return token;
}

Result<std::vector<TokenInfo>> list_tokens(SqlConnection& sql) {
  std::vector<TokenInfo> tokens;
  PRETAG_TRY(
      sql.query("SELECT tokens.id, users.name, label, tokens.created_at, revoked_at FROM tokens "
                "JOIN users ON users.id = user_id ORDER BY tokens.created_at, tokens.id",
                {}, [&](const SqlRow& row) {
                  tokens.push_back({std::string(row.text(0)), std::string(row.text(1)), std::string(row.text(2)),
                                    row.integer(3), row.integer(4)});
                  return Status();
                }));
  return tokens;
}

Result<bool> revoke_token(SqlConnection& sql, std::string_view id, int64_t now_ms) {
  const std::array<SqlValue, 2> values = {id, now_ms};
  PRETAG_ASSIGN(const int64_t changed,
                sql.change("UPDATE tokens SET revoked_at = ?2 WHERE id = ?1 AND revoked_at = 0", values));
  return changed == 1;
}

Result<std::optional<User>> authenticate(SqlConnection& sql, std::string_view secret) {
  std::optional<User> user;
  const std::string digest = digest_of(secret);
  const std::array<SqlValue, 1> values = {std::string_view(digest)};
  PRETAG_TRY(sql.query(
      "SELECT users.id, users.name FROM tokens JOIN users ON users.id = user_id WHERE hash = ?1 AND revoked_at = 0",
      values, [&](const SqlRow& row) {
        user = User{std::string(row.text(0)), std::string(row.text(1))};
        return Status();
      }));
  return user;
}

Result<int64_t> count_active_tokens(SqlConnection& sql) {
  int64_t tokens = 0;
  PRETAG_TRY(sql.query("SELECT count(*) FROM tokens WHERE revoked_at = 0", {},
                       [&](const SqlRow& row) { return tokens = row.integer(0), Status(); }));
  return tokens;
}

Result<std::string> name_of_user(SqlConnection& sql, std::string_view id) {
  std::string name;
  const std::array<SqlValue, 1> by_id = {id};
  PRETAG_TRY(sql.query("SELECT name FROM users WHERE id = ?1", by_id,
                       [&](const SqlRow& row) { return name = row.text(0), Status(); }));
  return name;
}

}  // namespace pretag
