// Who may use the server: users and their tokens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/server/sql.h"
#include "pretag/util/result.h"

namespace pretag {

struct User {
  std::string id{}, name{};  // the name is an e-mail address or any other word that others share datasets with
};

struct TokenInfo {
  std::string id{}, user{}, label{};
  int64_t created_at = 0, revoked_at = 0;  // unix ms; 0: not revoked
};

// A token is 48 hex digits (192 random bits). Only its SHA-256 is stored, and it is looked up by that: how long the
// search takes tells nothing about a token, since its digest cannot be steered.
struct NewToken {
  std::string id, secret;
};
// Makes the user, too, where there is none of that name. kInvalidArgument for names that are empty, over 200 bytes or
// have control characters.
Result<NewToken> create_token(SqlConnection& sql, const std::string& user, const std::string& label, int64_t now_ms);
// Oldest first.
Result<std::vector<TokenInfo>> list_tokens(SqlConnection& sql);
// By id. False: there is none, or it is revoked already.
Result<bool> revoke_token(SqlConnection& sql, std::string_view id, int64_t now_ms);

// The user of a token that is not revoked.
Result<std::optional<User>> authenticate(SqlConnection& sql, std::string_view secret);
Result<int64_t> count_active_tokens(SqlConnection& sql);
// Empty where there is no such user.
Result<std::string> name_of_user(SqlConnection& sql, std::string_view id);

}  // namespace pretag
