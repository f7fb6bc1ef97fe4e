#include "pretag/server/file_store.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/temporary_folder.h"

namespace pretag {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

TEST(FileStore, removes_what_a_killed_server_has_left_once_it_is_old) {
  TemporaryFolder folder;
  const auto add = [&](const std::string& file, std::chrono::hours age) {
    const std::string path = folder.write("files/" + file, "x");
    fs::last_write_time(path, fs::file_time_type::clock::now() - age);
    return path;
  };
  const std::string left = add("artifacts/a/.pretag-12-3.tmp", 7h), left_above = add(".pretag-12-4.tmp", 7h);
  const std::string others_upload = add("artifacts/a/.pretag-99-3.tmp", 5h);
  const std::string artifact = add("artifacts/a/b", 7h), tmp = add("artifacts/a/c.tmp", 7h);
  const ServerKey key = ServerKey::random();
  FileStore(folder / "files", key).remove_unfinished(6h);
  for (const std::string& gone : {left, left_above}) EXPECT_FALSE(fs::exists(gone)) << gone;
  for (const std::string& kept : {others_upload, artifact, tmp}) EXPECT_TRUE(fs::exists(kept)) << kept;
  FileStore(folder / "nothing yet", key).remove_unfinished(6h);
}

}  // namespace
}  // namespace pretag
