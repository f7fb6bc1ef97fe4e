#include "pretag/cli/hide_passwords.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace pretag {
namespace {

std::string hidden(std::string argument) {
  std::array<char*, 1> arguments = {argument.data()};
  hide_passwords(arguments);
  return argument;
}

TEST(HidePasswords, of_addresses_whatever_their_form) {
  EXPECT_EQ(hidden("postgresql://anna:secret@host:5432/name"), "postgresql://anna:******@host:5432/name");
  EXPECT_EQ(hidden("--database=postgres://anna:secret@host/name"), "--database=postgres://anna:******@host/name");
  EXPECT_EQ(hidden("postgresql://anna:se@c/et@host/name"), "postgresql://anna:*******@host/name");
  EXPECT_EQ(hidden("postgresql://host/name?password=secret&sslmode=require"),
            "postgresql://host/name?password=******&sslmode=require");
}

TEST(HidePasswords, leaves_everything_else_alone) {
  for (const char* argument : {"postgresql://anna@host:5432/name", "postgresql:///name", "--user", "anna:b@example.org",
                               "mysql://anna:b@host", ""}) {
    EXPECT_EQ(hidden(argument), argument);
  }
}

}  // namespace
}  // namespace pretag
