#include "pretag/cli/paths.h"

#include <gmock/gmock.h>

#include <map>

namespace pretag {
namespace {

using testing::ElementsAre;

EnvironmentLookup environment_of(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

TEST(ModelSearchFolders, AreTheSourceTreesTheInstallationsAndTheUsers) {
  EXPECT_THAT(
      model_search_folders("/src/pretag/build/release/pretag", environment_of({{"HOME", "/home/me"}})),
      ElementsAre("/src/pretag/models", "/src/pretag/build/share/pretag/models", "/home/me/.cache/pretag/models"));
}

TEST(ModelSearchFolders, TheEnvironmentComesFirst) {
  EXPECT_THAT(
      model_search_folders(
          "/usr/bin/pretag",
          environment_of({{"PRETAG_MODEL_PATH", "/a::/b"}, {"XDG_CACHE_HOME", "/cache"}, {"HOME", "/home/me"}})),
      ElementsAre("/a", "/b", "/models", "/usr/share/pretag/models", "/cache/pretag/models"));
}

TEST(ModelSearchFolders, ARelativeCacheIsIgnored) {
  EXPECT_THAT(model_search_folders("", environment_of({{"XDG_CACHE_HOME", "cache"}})), ElementsAre());
}

TEST(ModelCacheFolder, IsTheUsers) {
  EXPECT_EQ(model_cache_folder(environment_of({{"HOME", "/home/me"}})), "/home/me/.cache/pretag/models");
  EXPECT_EQ(model_cache_folder(environment_of({{"HOME", "/home/me"}, {"XDG_CACHE_HOME", "/c"}})), "/c/pretag/models");
  EXPECT_EQ(model_cache_folder(environment_of({})), std::nullopt);
}

TEST(ModelSearchFolders, OfThisProcessBeginNearTheProgram) {
  const auto folders = model_search_folders();
  ASSERT_FALSE(folders.empty());
  EXPECT_THAT(folders.front(), testing::EndsWith("models"));
}

}  // namespace
}  // namespace pretag
