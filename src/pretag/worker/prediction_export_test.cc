#include "pretag/worker/prediction_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/faulty_file_system.h"
#include "support/memory_file_system.h"

namespace pretag {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kTask[] = "/run/data/.lightly/predictions/lightly_pretagging/";
const std::atomic<bool> kGoOn = false;

// Files in memory, and how they were written, in order.
class WatchedFiles : public FileSystem {
 public:
  Result<std::vector<std::byte>> read(const std::string& path, size_t max_bytes) const override {
    return memory.read(path, max_bytes);
  }
  Status write_atomically(const std::string& path, std::string_view bytes) override {
    steps.push_back("synced " + path);
    return memory.write_atomically(path, bytes);
  }
  Status write_one_of_many(const std::string& path, std::string_view bytes) override {
    steps.push_back("unsynced " + path);
    return memory.write_atomically(path, bytes);
  }
  Status sync_all(const std::string& folder) override {
    steps.push_back("all of " + folder);
    return {};
  }
  Status stream_atomically(const std::string& path, const std::function<Status(const Sink&)>& produce) override {
    return memory.stream_atomically(path, produce);
  }
  Result<std::vector<DirectoryEntry>> list(const std::string& folder) const override { return memory.list(folder); }
  Result<DirectoryEntry> entry(const std::string& path) const override { return memory.entry(path); }
  Status make_directories(const std::string& path) override { return memory.make_directories(path); }
  bool exists(const std::string& path) const override { return memory.exists(path); }
  Result<bool> remove(const std::string& path) override { return memory.remove(path); }

  bool is_remote(const std::string&) const override { return remote; }

  MemoryFileSystem memory;
  std::vector<std::string> steps;
  bool remote = false;
};

TEST(PredictionExport, PutsTheTaskBesideThoseThatAreThere) {
  MemoryFileSystem files;
  files.add(std::string(kTask) + "schema.json", "schema");
  files.add(std::string(kTask) + "front/a.json", "new");
  files.add("/run/data/.lightly/predictions/tasks.json", R"(["lightly_pretagging"])");
  files.add("/mount/.lightly/predictions/tasks.json", R"(["weather"])");
  files.add("/mount/.lightly/predictions/lightly_pretagging/front/a.json", "old");
  files.add("/mount/.lightly/predictions/weather/a.json", "sunny");
  for (int twice = 0; twice < 2; ++twice) {
    const Status exported = export_predictions(files, "/run", "/mount/.lightly", kGoOn);
    ASSERT_TRUE(exported.ok()) << exported.error().message;
    EXPECT_EQ(files.text("/mount/.lightly/predictions/lightly_pretagging/schema.json"), "schema");
    EXPECT_EQ(files.text("/mount/.lightly/predictions/lightly_pretagging/front/a.json"), "new");
    EXPECT_EQ(files.text("/mount/.lightly/predictions/weather/a.json"), "sunny");
    EXPECT_EQ(files.text("/mount/.lightly/predictions/tasks.json"), "[\n  \"weather\",\n  \"lightly_pretagging\"\n]\n");
  }
}

TEST(PredictionExport, DoesNotMakePredictionsOfOtherClassesItsOwn) {
  MemoryFileSystem files;
  const std::string to = "/mount/.lightly/predictions/lightly_pretagging/";
  files.add(std::string(kTask) + "schema.json", R"({"categories": [{"id": 0, "name": "person"}]})");
  files.add(std::string(kTask) + "front/new.json", "a person");
  files.add(to + "schema.json", R"({"categories":[{"id":0,"name":"person"}]})");
  files.add(to + "front/old.json", "a person");
  ASSERT_TRUE(export_predictions(files, "/run", "/mount/.lightly", kGoOn).ok()) << "the classes are the same";

  files.add(to + "schema.json", R"({"categories": [{"id": 0, "name": "bicycle"}]})");
  files.add(to + "front/old.json", "a bicycle");
  const Status exported = export_predictions(files, "/run", "/mount/.lightly", kGoOn);
  ASSERT_FALSE(exported.ok());
  EXPECT_EQ(exported.error().code, ErrorCode::kConflict);
  EXPECT_THAT(exported.error().message, HasSubstr(to + "front/old.json is not of this job's images"));
  EXPECT_THAT(files.text(to + "schema.json"), HasSubstr("bicycle"));

  files.add(std::string(kTask) + "front/old.json", "a person");
  ASSERT_TRUE(export_predictions(files, "/run", "/mount/.lightly", kGoOn).ok()) << "all are written anew";
  EXPECT_THAT(files.text(to + "schema.json"), HasSubstr("person"));
}

TEST(PredictionExport, MakesTheFolderWhereThereIsNone) {
  MemoryFileSystem files;
  files.add(std::string(kTask) + "schema.json", "schema");
  ASSERT_TRUE(export_predictions(files, "/run", "/mount/.lightly", kGoOn).ok());
  EXPECT_EQ(files.text("/mount/.lightly/predictions/tasks.json"), "[\n  \"lightly_pretagging\"\n]\n");
}

TEST(PredictionExport, LeavesAListThatItDoesNotUnderstand) {
  MemoryFileSystem files;
  files.add(std::string(kTask) + "schema.json", "schema");
  files.add("/mount/.lightly/predictions/tasks.json", R"({"weather": 1})");
  const Status exported = export_predictions(files, "/run", "/mount/.lightly", kGoOn);
  ASSERT_FALSE(exported.ok());
  EXPECT_THAT(exported.error().message, HasSubstr("/mount/.lightly/predictions/tasks.json: is not a list"));
  EXPECT_FALSE(files.exists("/mount/.lightly/predictions/lightly_pretagging/schema.json"));
}

// As a bucket whose objects may be read, and not be listed, answers to a list that is not there, or may not be read.
TEST(PredictionExport, LeavesAListOfWhichItCannotFindOut) {
  MemoryFileSystem memory;
  FaultyFileSystem files(memory);
  memory.add(std::string(kTask) + "schema.json", "schema");
  const std::string tasks = "/mount/.lightly/predictions/tasks.json";
  memory.add(tasks, R"(["weather"])");
  files.hide(tasks, {ErrorCode::kIo, tasks + ": Access Denied (AccessDenied)"});
  const Status exported = export_predictions(files, "/run", "/mount/.lightly", kGoOn);
  ASSERT_FALSE(exported.ok());
  EXPECT_THAT(exported.error().message, HasSubstr("Access Denied"));
  EXPECT_EQ(memory.text(tasks), R"(["weather"])");
}

TEST(PredictionExport, SaysWhatRightIsMissingInABucket) {
  WatchedFiles files;
  files.remote = true;
  files.memory.add(std::string(kTask) + "schema.json", "schema");
  files.memory.add("/mount/.lightly/predictions/tasks.json/a", "");  // a folder, which cannot be read
  const Status exported = export_predictions(files, "/run", "/mount/.lightly", kGoOn);
  ASSERT_FALSE(exported.ok());
  EXPECT_THAT(exported.error().message, HasSubstr("to list the bucket (s3:ListBucket"));
  EXPECT_THAT(files.steps, ElementsAre());
}

TEST(PredictionExport, SaysThatARunHasNone) {
  MemoryFileSystem files;
  EXPECT_EQ(export_predictions(files, "/run", "/mount/.lightly", kGoOn).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(files.exists("/mount/.lightly/predictions/tasks.json"));
}

TEST(PredictionExport, SyncsTheFilesOfAllImagesAtOnceAndBeforeTheTask) {
  WatchedFiles files;
  files.memory.add(std::string(kTask) + "a.json", "a");
  files.memory.add(std::string(kTask) + "front/b.json", "b");
  ASSERT_TRUE(export_predictions(files, "/run", "/mount/.lightly", kGoOn).ok());
  const std::string to = "/mount/.lightly/predictions/";
  EXPECT_THAT(files.steps, ElementsAre("unsynced " + to + "lightly_pretagging/a.json",
                                       "unsynced " + to + "lightly_pretagging/front/b.json",
                                       "all of " + to + "lightly_pretagging", "synced " + to + "tasks.json"));
}

TEST(PredictionExport, StopsOnRequest) {
  MemoryFileSystem files;
  files.add(std::string(kTask) + "a.json", "a");
  EXPECT_EQ(export_predictions(files, "/run", "/mount/.lightly", true).error().code, ErrorCode::kCancelled);
  EXPECT_FALSE(files.exists("/mount/.lightly/predictions/tasks.json"));
}

}  // namespace
}  // namespace pretag
