#include "pretag/server/postgres_dialect.h"

#include <functional>

namespace pretag {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_'; }

// Where the word that begins at `start` ends; words are never empty.
size_t end_of_word(std::string_view sql, size_t start) {
  size_t end = start + 1;
  while (end < sql.size() && is_word(sql[start]) && is_word(sql[end])) ++end;
  return end;
}

// Each word, and each other character, through `rewrite`, but not what stands in quotes.
std::string rewritten(std::string_view sql,
                      const std::function<void(std::string_view word, std::string& to)>& rewrite) {
  std::string text;
  char quote = '\0';
  for (size_t at = 0; at < sql.size();) {
    const size_t end = quote != '\0' ? at + 1 : end_of_word(sql, at);
    const std::string_view word = sql.substr(at, end - at);
    const char c = sql[at];
    if (quote != '\0' || c == '\'' || c == '"') {
      text += word;
      quote = quote == '\0' ? c : quote == c ? '\0' : quote;  // '' in a string: out of it and in again
    } else {
      rewrite(word, text);
    }
    at = end;
  }
  return text;
}

}  // namespace

std::string statement_for_postgres(std::string_view sql) {
  return rewritten(sql, [](std::string_view word, std::string& to) { to += word == "?" ? "$" : word; });
}

std::string schema_for_postgres(std::string_view sql) {
  if (sql.find("CREATE TABLE") == std::string_view::npos) return std::string(sql);
  return rewritten(sql,
                   [](std::string_view word, std::string& to) { to += word == "TEXT" ? "TEXT COLLATE \"C\"" : word; });
}

bool only_reads(std::string_view sql) {
  const size_t start = sql.find_first_not_of(" \n");
  return start != std::string_view::npos && sql.substr(start).starts_with("SELECT ");
}

}  // namespace pretag
