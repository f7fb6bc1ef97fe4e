#include "pretag/server/server_context.h"

#include <gtest/gtest.h>

#include "pretag/server/accounts.h"
#include "pretag/server/records.h"
#include "pretag/server/test_database.h"
#include "support/temporary_folder.h"

namespace pretag {
namespace {

// Else the newest tag of a dataset is taken for its initial one, and who reads a log misses what is new in it.
TEST(ServerContext, PositionsGoOnAfterThoseThatAreStoredWhateverTheClockSays) {
  constexpr int64_t kAhead = 3'600'000'000;  // microseconds
  const TemporaryFolder folder;
  const std::string data = folder / "data", database = test_postgres_url().empty() ? "" : new_postgres_schema();
  int64_t stored = 0;
  {
    const auto server = open_server(data, database, {});
    ASSERT_TRUE(server.ok()) << server.error().message;
    stored = (*server)->next_position() + kAhead;
    const auto sql = *(*server)->database().connect();
    for (const char* user : {"anna", "ben"}) ASSERT_TRUE(create_token(*sql, user, "", 1).ok());
    std::string ben;
    ASSERT_TRUE(sql->query("SELECT id FROM users WHERE name = 'ben'", {},
                           [&](const SqlRow& row) { return ben = row.text(0), Status(); }));
    ASSERT_TRUE(insert(*sql, Table::kTags, {.id = "1", .owner = ben, .parent = "d", .position = stored}));
  }
  const auto again = open_server(data, database, {});
  ASSERT_TRUE(again.ok());
  EXPECT_EQ((*again)->next_position(), stored + 1);
  EXPECT_EQ((*again)->next_position(), stored + 2);
}

}  // namespace
}  // namespace pretag
