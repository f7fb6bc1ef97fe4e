#include "pretag/server/server_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/temporary_folder.h"

namespace pretag {
namespace {

TEST(ServerKey, encrypts_so_that_only_the_same_key_and_purpose_decrypt) {
  const ServerKey key = ServerKey::random(), other = ServerKey::random();
  const std::string encrypted = key.encrypt("secret \n{}", "dataset/INPUT");
  EXPECT_EQ(*key.decrypt(encrypted, "dataset/INPUT"), "secret \n{}");
  EXPECT_EQ(key.decrypt(encrypted, "dataset/LIGHTLY").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(other.decrypt(encrypted, "dataset/INPUT").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(*key.decrypt(key.encrypt("", "x"), "x"), "");
}

TEST(ServerKey, the_same_text_encrypts_differently_each_time) {
  const ServerKey key = ServerKey::random();
  EXPECT_NE(key.encrypt("a", "p"), key.encrypt("a", "p"));
}

TEST(ServerKey, notices_every_changed_digit) {
  const ServerKey key = ServerKey::random();
  const std::string encrypted = key.encrypt("abc", "p");
  for (size_t i = 0; i < encrypted.size(); ++i) {
    std::string changed = encrypted;
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_FALSE(key.decrypt(changed, "p")) << i;
  }
  EXPECT_FALSE(key.decrypt("", "p"));
  EXPECT_FALSE(key.decrypt("zz", "p"));
  EXPECT_FALSE(key.decrypt(encrypted.substr(2), "p"));
}

TEST(ServerKey, signatures_belong_to_a_text_and_a_key) {
  const ServerKey key = ServerKey::random();
  const std::string signature = key.sign("GET\nfile\n1");
  EXPECT_EQ(signature.size(), 64u);
  EXPECT_TRUE(key.is_signature("GET\nfile\n1", signature));
  EXPECT_FALSE(key.is_signature("PUT\nfile\n1", signature));
  EXPECT_FALSE(key.is_signature("GET\nfile\n1", signature.substr(1)));
  EXPECT_FALSE(key.is_signature("GET\nfile\n1", ""));
  EXPECT_FALSE(ServerKey::random().is_signature("GET\nfile\n1", signature));
}

TEST(ServerKey, is_kept_in_a_file_that_only_its_user_reads) {
  const TemporaryFolder folder;
  const auto first = ServerKey::load_or_create(folder / "server.key");
  ASSERT_TRUE(first);
  const auto again = ServerKey::load_or_create(folder / "server.key");
  ASSERT_TRUE(again);
  EXPECT_EQ(first->sign("x"), again->sign("x"));
  struct stat facts {};
  ASSERT_EQ(::stat((folder / "server.key").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
}

TEST(ServerKey, a_damaged_file_is_an_error_and_is_not_replaced) {
  const TemporaryFolder folder;
  const std::string path = folder.write("server.key", "short");
  EXPECT_EQ(ServerKey::load_or_create(path).error().code, ErrorCode::kCorrupt);
  EXPECT_FALSE(ServerKey::load_or_create(folder.write("long.key", std::string(33, 'x'))));
}

}  // namespace
}  // namespace pretag
