#include "pretag/server/postgres_address.h"

#include <gtest/gtest.h>

namespace pretag {
namespace {

TEST(PostgresAddress, is_told_from_a_path) {
  EXPECT_TRUE(is_postgres_url("postgresql://host/name"));
  EXPECT_TRUE(is_postgres_url("postgres://host/name"));
  EXPECT_FALSE(is_postgres_url("server/postgresql.db"));
}

TEST(PostgresAddress, is_named_without_user_and_password) {
  const auto address = parse_postgres_url("postgresql://anna:se%40cret@db.example.org:5433/pretag?sslmode=require");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->name, "PostgreSQL database pretag at db.example.org:5433");
  EXPECT_EQ(parse_postgres_url("postgresql:///pretag?host=/run/postgresql")->name,
            "PostgreSQL database pretag at /run/postgresql");
  EXPECT_EQ(parse_postgres_url("postgresql://?service=pretag")->name, "PostgreSQL database");
}

TEST(PostgresAddress, that_is_wrong_is_refused_without_repeating_the_password) {
  for (const char* url :
       {"postgresql://anna:se@cret@host/pretag", "postgresql://anna:se/cret@host/pretag",
        "postgresql://anna:secret@host/pretag?sslmod=require", "postgresql://anna:secret@[host/pretag",
        "postgresql://anna:se%zzcret@host/pretag", "mysql://anna:secret@host/pretag"}) {
    const auto address = parse_postgres_url(url);
    ASSERT_FALSE(address) << url;
    EXPECT_EQ(address.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(address.error().message.find("cret"), std::string::npos) << address.error().message;
  }
}

}  // namespace
}  // namespace pretag
