#include "pretag/run/run_inputs.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "pretag/io/file_system.h"
#include "pretag/source/folder_source.h"
#include "support/memory_file_system.h"
#include "support/temporary_folder.h"

namespace pretag {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Messages : SilentProgress {
  void info(const std::string& message) override { lines.push_back(message); }
  void warning(const std::string& message) override { lines.push_back(message); }
  std::vector<std::string> lines;
};

class RunInputs : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Ledger::open(":memory:");
    ASSERT_TRUE(opened) << opened.error().message;
    ledger_ = *std::move(opened);
  }

  Status list() {
    PRETAG_ASSIGN(const auto source, open_folder_source(request_.input, {.file_system = &files_}));
    return list_inputs(*source, request_, files_, *ledger_, messages_, cancel_);
  }
  std::vector<std::string> pending() const {
    std::vector<std::string> names;
    EXPECT_TRUE(ledger_->for_each_pending([&](const std::string& name) -> Status {
      names.push_back(name);
      return {};
    }));
    return names;
  }

  MemoryFileSystem files_;
  std::unique_ptr<Ledger> ledger_;
  RunRequest request_{.input = "photos", .run_folder = "run", .model_path = "", .config = {}, .selection = {}};
  Messages messages_;
  std::atomic<bool> cancel_ = false;
};

TEST_F(RunInputs, EveryImageBecomesPending) {
  files_.add("photos/b.jpg", "");
  files_.add("photos/a/c.png", "");
  ASSERT_TRUE(list().ok());
  EXPECT_THAT(pending(), ElementsAre("a/c.png", "b.jpg"));
}

TEST_F(RunInputs, WhatIsNoLongerThereIsTold) {
  files_.add("photos/a.jpg", "");
  files_.add("photos/b.jpg", "");
  ASSERT_TRUE(list().ok());
  ASSERT_TRUE(list().ok());
  EXPECT_TRUE(messages_.lines.empty());
  ASSERT_TRUE(files_.remove("photos/a.jpg").ok());
  ASSERT_TRUE(list().ok());
  EXPECT_THAT(messages_.lines, ElementsAre(HasSubstr("1 images of an earlier part of this run are no longer")));
}

TEST_F(RunInputs, WhatLiesInARunFolderIsAnOutput) {
  files_.add("photos/a.jpg", "");
  files_.add("photos/runs/1/run.db", "");
  files_.add("photos/runs/1/plots/plot.png", "");
  files_.add("photos/runs/1/plots/scores.png", "");
  files_.add("photos/runs/10/picture.jpg", "");
  files_.add("photos/runs/mine.jpg", "");
  ASSERT_TRUE(list().ok());
  EXPECT_THAT(pending(), ElementsAre("a.jpg", "runs/10/picture.jpg", "runs/mine.jpg"));
  EXPECT_THAT(messages_.lines, ElementsAre(HasSubstr("photos/runs/1: passed over")));
}

// In a bucket, as here, "photos//runs" is not "photos/runs".
TEST_F(RunInputs, ASlashAfterTheInputChangesNothing) {
  files_.add("photos/a.jpg", "");
  files_.add("photos/runs/1/run.db", "");
  files_.add("photos/runs/1/plots/plot.png", "");
  request_.input = named_input("photos/");
  ASSERT_TRUE(list().ok());
  EXPECT_THAT(pending(), ElementsAre("a.jpg"));
  EXPECT_EQ(lightly_folder_of(request_, files_), "photos/.lightly");
}

TEST_F(RunInputs, WhatUsersBringAlongLiesBesideASingleFile) {
  files_.add("photos/drive.mp4", "");
  request_.input = "photos/drive.mp4";
  EXPECT_EQ(lightly_folder_of(request_, files_), "photos/.lightly");
  files_.add("drive.mp4", "");
  request_.input = "drive.mp4";
  EXPECT_EQ(lightly_folder_of(request_, files_), ".lightly");
  request_.lightly_folder = "elsewhere";
  EXPECT_EQ(lightly_folder_of(request_, files_), "elsewhere");
}

TEST(NamedInput, HasNoSlashAtItsEndButWhereThatIsAllOfIt) {
  for (const char* plain : {"photos", "/", "s3://", "s3://bucket", "s3://bucket/photos", "/data/photos", ""}) {
    EXPECT_EQ(named_input(plain), plain);
  }
  EXPECT_EQ(named_input("photos//"), "photos");
  EXPECT_EQ(named_input("//"), "/");
  EXPECT_EQ(named_input("s3://bucket/"), "s3://bucket");
  EXPECT_EQ(named_input("gs://bucket/photos//"), "gs://bucket/photos");
}

TEST_F(RunInputs, OfListedFilesOnlyTheNewOnesAreLookedFor) {
  files_.add("photos/old.jpg", "");
  files_.add("list.txt", "old.jpg\nolder-0-mp4.png\n");
  request_.config.relevant_filenames_file = "list.txt";
  request_.modified_from = 1;  // files in memory are of 0
  const auto source = open_input(request_, files_);
  ASSERT_TRUE(source) << source.error().message;
  const Status status = list_inputs(**source, request_, files_, *ledger_, messages_, cancel_);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(status.error().message, HasSubstr("that came after"));
  EXPECT_EQ(ledger_->counts()->total(), 0);
  EXPECT_THAT(messages_.lines, IsEmpty());
}

TEST_F(RunInputs, AnInputThatWasNamedIsOneEvenInARunFolder) {
  files_.add("photos/run.db", "");
  files_.add("photos/a.jpg", "");
  ASSERT_TRUE(list().ok());
  EXPECT_THAT(pending(), ElementsAre("a.jpg"));
}

TEST_F(RunInputs, ListingStopsWhenAskedTo) {
  files_.add("photos/a.jpg", "");
  cancel_ = true;
  const Status status = list();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kCancelled);
}

TEST(InputPlace, AFolderIsResolvedAndAFileKeepsItsName) {
  const TemporaryFolder folder;
  namespace fs = std::filesystem;
  fs::create_directory(folder / "archive");
  std::ofstream(folder / "archive/day.mp4") << "x";
  fs::create_directory_symlink("archive", folder / "linked");
  fs::create_symlink("archive/day.mp4", folder / "latest.mp4");
  const std::string real = fs::canonical(folder.path());
  const FileSystem& files = local_file_system();
  EXPECT_EQ(input_place(folder / "linked", files), real + "/archive");
  EXPECT_EQ(input_place(folder / "linked/day.mp4", files), real + "/archive/day.mp4");
  EXPECT_EQ(input_place(folder / "latest.mp4", files), real + "/latest.mp4");
  EXPECT_EQ(input_place(folder / "absent", files), real + "/absent");
}

TEST_F(RunInputs, NoImagesIsAnError) {
  files_.add("photos/notes.txt", "");
  const Status status = list();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(status.error().message, HasSubstr("photos: no images or videos found"));
}

}  // namespace
}  // namespace pretag
