#include "pretag/worker/prediction_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/memory_file_system.h"

namespace pretag {
namespace {

using ::testing::HasSubstr;

constexpr char kTask[] = "/run/data/.lightly/predictions/lightly_pretagging/";

TEST(PredictionExport, PutsTheTaskBesideThoseThatAreThere) {
  MemoryFileSystem files;
  files.add(std::string(kTask) + "schema.json", "schema");
  files.add(std::string(kTask) + "front/a.json", "new");
  files.add("/run/data/.lightly/predictions/tasks.json", R"(["lightly_pretagging"])");
  files.add("/mount/.lightly/predictions/tasks.json", R"(["weather"])");
  files.add("/mount/.lightly/predictions/lightly_pretagging/front/a.json", "old");
  files.add("/mount/.lightly/predictions/weather/a.json", "sunny");
  for (int twice = 0; twice < 2; ++twice) {
    const Status exported = export_predictions(files, "/run", "/mount/.lightly");
    ASSERT_TRUE(exported.ok()) << exported.error().message;
    EXPECT_EQ(files.text("/mount/.lightly/predictions/lightly_pretagging/schema.json"), "schema");
    EXPECT_EQ(files.text("/mount/.lightly/predictions/lightly_pretagging/front/a.json"), "new");
    EXPECT_EQ(files.text("/mount/.lightly/predictions/weather/a.json"), "sunny");
    EXPECT_EQ(files.text("/mount/.lightly/predictions/tasks.json"), "[\n  \"weather\",\n  \"lightly_pretagging\"\n]\n");
  }
}

TEST(PredictionExport, MakesTheFolderWhereThereIsNone) {
  MemoryFileSystem files;
  files.add(std::string(kTask) + "schema.json", "schema");
  ASSERT_TRUE(export_predictions(files, "/run", "/mount/.lightly").ok());
  EXPECT_EQ(files.text("/mount/.lightly/predictions/tasks.json"), "[\n  \"lightly_pretagging\"\n]\n");
}

TEST(PredictionExport, LeavesAListThatItDoesNotUnderstand) {
  MemoryFileSystem files;
  files.add(std::string(kTask) + "schema.json", "schema");
  files.add("/mount/.lightly/predictions/tasks.json", R"({"weather": 1})");
  const Status exported = export_predictions(files, "/run", "/mount/.lightly");
  ASSERT_FALSE(exported.ok());
  EXPECT_THAT(exported.error().message, HasSubstr("/mount/.lightly/predictions/tasks.json: is not a list"));
  EXPECT_FALSE(files.exists("/mount/.lightly/predictions/lightly_pretagging/schema.json"));
}

TEST(PredictionExport, SaysThatARunHasNone) {
  MemoryFileSystem files;
  EXPECT_EQ(export_predictions(files, "/run", "/mount/.lightly").error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(files.exists("/mount/.lightly/predictions/tasks.json"));
}

}  // namespace
}  // namespace pretag
