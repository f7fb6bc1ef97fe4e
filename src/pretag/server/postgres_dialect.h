// Where PostgreSQL wants other words than SQLite. All the difference between the two that the server's SQL has is here.
#pragma once

#include <string>
#include <string_view>

namespace pretag {

// Numbered values as $1, $2 … instead of ?1, ?2 …; what stands in quotes stays as it is.
std::string statement_for_postgres(std::string_view sql);
// Text columns of CREATE TABLE with COLLATE "C": SQLite compares and sorts bytes, PostgreSQL as the database's language
// does unless it is told.
std::string schema_for_postgres(std::string_view sql);
// Whether it is a SELECT.
bool only_reads(std::string_view sql);

}  // namespace pretag
