// The ledger as a file: crashes, full disks, damage, permissions, and two processes at once.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "pretag/store/ledger.h"
#include "support/temporary_folder.h"

namespace pretag {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::HasSubstr;

class LedgerFile : public testing::Test {
 protected:
  static ImageResult result_of(const std::string& filename) {
    ImageResult result;
    result.info.filename = filename;
    for (int i = 0; i < 20; ++i)
      result.detections.push_back({{0, 0, 5, 5}, "car", 0.5f, std::vector<float>(8, 0.125f)});
    for (Detection& detection : result.detections) detection.embedding.assign(128, 0.125f);
    result.embedding.assign(128, 0.5f);
    return result;
  }

  static std::vector<ImageResult> batch(int number, int size) {
    std::vector<ImageResult> results;
    for (int i = 0; i < size; ++i) results.push_back(result_of(fmt::format("{:06}/{:02}.jpg", number, i)));
    return results;
  }

  std::unique_ptr<Ledger> open() {
    auto ledger = Ledger::open(path_);
    EXPECT_TRUE(ledger.ok()) << ledger.error().message;
    return ledger.ok() ? *std::move(ledger) : nullptr;
  }

  void run_sql(const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_ / "run.db";
};

// Runs `body` in a child process that never returns into the test program.
template <class Body>
pid_t in_child(const Body& body) {
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(0);
  }
  return child;
}

TEST_F(LedgerFile, AKilledRunKeepsEveryBatchItReportedAndNoHalfOne) {
  constexpr int kBatch = 7;
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t child = in_child([&] {
    auto ledger = Ledger::open(path_);
    for (int number = 0; ledger.ok(); ++number) {
      if (!(*ledger)->record(batch(number, kBatch), {}).ok()) return;
      const char done = '.';
      if (write(pipe_ends[1], &done, 1) != 1) return;
    }
  });
  close(pipe_ends[1]);
  int reported = 0;
  for (char done; reported < 20 && read(pipe_ends[0], &done, 1) == 1; ++reported) {
  }
  kill(child, SIGKILL);
  for (char done; read(pipe_ends[0], &done, 1) == 1; ++reported) {
  }
  close(pipe_ends[0]);
  waitpid(child, nullptr, 0);

  const auto ledger = open();
  const auto counts = ledger->counts();
  ASSERT_TRUE(counts.ok());
  EXPECT_GE(reported, 20);
  EXPECT_EQ(counts->done % kBatch, 0);
  // One more batch may be on the disk whose report was not sent.
  EXPECT_THAT(counts->done / kBatch, AnyOf(reported, reported + 1));
  int64_t visited = 0;
  EXPECT_TRUE(
      ledger->for_each_result([&](const ImageResult& r) { return visited += r.detections.size() == 20, Status(); })
          .ok());
  EXPECT_EQ(visited, counts->done);
}

TEST_F(LedgerFile, AKilledRunCanBeReadAsItIs) {
  const pid_t child = in_child([&] {
    auto ledger = Ledger::open(path_);
    if (ledger.ok() && (*ledger)->record(batch(0, 5), {}).ok()) raise(SIGKILL);
  });
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  const auto reader = Ledger::open_read_only(path_);
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  EXPECT_EQ((*reader)->counts()->done, 5);
}

TEST_F(LedgerFile, AReopenedLedgerGoesOnWhereItStopped) {
  {
    const auto ledger = open();
    ASSERT_TRUE(ledger->add_inputs({"a.jpg", "b.jpg"}).ok());
    ASSERT_TRUE(ledger->record({result_of("a.jpg")}, {}).ok());
  }
  const auto ledger = open();
  ImageResult other = result_of("b.jpg");
  other.detections[0].label = "tram";
  ASSERT_TRUE(ledger->record({other}, {}).ok());
  std::vector<std::string> labels;
  ASSERT_TRUE(ledger
                  ->for_each_result([&](const ImageResult& result) {
                    labels.push_back(result.detections[0].label);
                    return Status();
                  })
                  .ok());
  EXPECT_EQ(labels, (std::vector<std::string>{"car", "tram"}));
}

TEST_F(LedgerFile, AClosedLedgerIsOneFile) {
  ASSERT_TRUE(open()->record(batch(0, 3), {}).ok());
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder_.path())) files.push_back(entry.path().filename());
  EXPECT_EQ(files, std::vector<std::string>{"run.db"});
}

TEST_F(LedgerFile, AClosedLedgerHasAnyNumberOfReaders) {
  ASSERT_TRUE(open()->record(batch(0, 3), {}).ok());
  const auto first = Ledger::open_read_only(path_);
  const auto second = Ledger::open_read_only(path_);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ((*first)->counts()->done, 3);
  EXPECT_EQ((*second)->counts()->done, 3);
  const Status status = (*first)->record(batch(1, 1), {});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kIo);
  EXPECT_THAT(status.error().message, HasSubstr(path_ + ": read-only"));
}

TEST_F(LedgerFile, AFinishedLedgerInAReadOnlyFolderCanBeRead) {
  ASSERT_TRUE(open()->record(batch(0, 3), {}).ok());
  fs::permissions(path_, fs::perms::owner_read);
  fs::permissions(folder_.path(), fs::perms::owner_read | fs::perms::owner_exec);
  const auto reader = Ledger::open_read_only(path_);
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  EXPECT_EQ((*reader)->counts()->done, 3);
}

TEST_F(LedgerFile, WritingToAReadOnlyFileIsAnErrorThatSaysSo) {
  ASSERT_TRUE(open()->record(batch(0, 1), {}).ok());
  fs::permissions(path_, fs::perms(0444));
  fs::permissions(folder_.path(), fs::perms(0555));
  const pid_t child = in_child([&] {
    constexpr uid_t kNobody = 65534;  // permissions do not bind root
    if (geteuid() == 0 && setuid(kNobody) != 0) _exit(2);
    const auto ledger = Ledger::open(path_);
    _exit(!ledger.ok() && ledger.error().message.starts_with(path_ + ": read-only") ? 0 : 3);
  });
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(LedgerFile, ASecondProcessIsToldThatTheLedgerIsLocked) {
  int ready[2], done[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(done), 0);
  const pid_t child = in_child([&] {
    auto ledger = Ledger::open(path_);
    char byte = ledger.ok() ? '.' : '!';
    if (write(ready[1], &byte, 1) == 1 && read(done[0], &byte, 1) == 1) _exit(0);
  });
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  ASSERT_EQ(byte, '.');
  const auto writer = Ledger::open(path_);
  const auto reader = Ledger::open_read_only(path_);
  ASSERT_EQ(write(done[1], &byte, 1), 1);
  waitpid(child, nullptr, 0);
  for (const int end : {ready[0], ready[1], done[0], done[1]}) close(end);
  ASSERT_FALSE(writer.ok());
  EXPECT_EQ(writer.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(writer.error().message, HasSubstr(path_ + ": locked by another process"));
  ASSERT_FALSE(reader.ok());
  EXPECT_EQ(reader.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(Ledger::open(path_).ok());  // the lock went with the process
}

TEST_F(LedgerFile, IsOneFileWhileItIsOpenOnceItIsSettled) {
  const auto ledger = Ledger::open(path_);
  ASSERT_TRUE(ledger.ok()) << ledger.error().message;
  ASSERT_TRUE((*ledger)->add_inputs({"a.jpg"}).ok());
  ASSERT_TRUE((*ledger)->settle().ok());
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
  std::filesystem::rename(path_, path_ + ".renamed");
  EXPECT_EQ(Ledger::open(path_ + ".renamed").error().code, ErrorCode::kUnavailable) << "it is locked still";
}

TEST_F(LedgerFile, WhenTheFileCannotGrowTheBatchFailsAndTheRestStays) {
  const pid_t child = in_child([&] {
    // The limit stands in for a full disk: writing past it fails.
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1 << 20, 1 << 20};
    auto ledger = Ledger::open(path_);
    if (!ledger.ok() || setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(2);
    for (int number = 0; number < 10000; ++number) {
      const Status status = (*ledger)->record(batch(number, 50), {});
      if (status.ok()) continue;
      const bool as_expected = status.error().code == ErrorCode::kIo && status.error().message.starts_with(path_);
      const bool still_readable = (*ledger)->counts().ok() && (*ledger)->counts()->done == number * 50;
      _exit(as_expected && still_readable ? 0 : 3);
    }
    _exit(4);
  });
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  const auto counts = open()->counts();
  ASSERT_TRUE(counts.ok());
  EXPECT_GT(counts->done, 0);
  EXPECT_EQ(counts->done % 50, 0);
}

TEST_F(LedgerFile, AFileThatIsNotALedgerIsLeftAlone) {
  const std::string text(8192, 'x');
  std::ofstream(path_) << text;
  const auto ledger = Ledger::open(path_);
  ASSERT_FALSE(ledger.ok());
  EXPECT_EQ(ledger.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(ledger.error().message, HasSubstr(path_));
  std::ifstream file(path_);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text);
}

TEST_F(LedgerFile, AnotherProgramsDatabaseIsNotALedger) {
  run_sql("CREATE TABLE images (x)");
  for (const auto& ledger : {Ledger::open(path_), Ledger::open_read_only(path_)}) {
    ASSERT_FALSE(ledger.ok());
    EXPECT_EQ(ledger.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(ledger.error().message, HasSubstr("not a pretag ledger"));
  }
}

TEST_F(LedgerFile, ALedgerOfANewerPretagIsRefused) {
  open();
  run_sql("PRAGMA user_version = 99");
  const auto ledger = Ledger::open(path_);
  ASSERT_FALSE(ledger.ok());
  EXPECT_EQ(ledger.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(ledger.error().message, HasSubstr("made by a newer pretag"));
}

// Each version has added a table, and changed nothing else.
class OldLedger : public LedgerFile, public testing::WithParamInterface<int> {
 protected:
  OldLedger() {
    EXPECT_TRUE(open()->record(batch(0, 2), {}).ok());
    run_sql("DROP TABLE regions; PRAGMA user_version = 3");
    if (GetParam() < 3) run_sql("DROP TABLE own_embeddings; PRAGMA user_version = 2");
    if (GetParam() < 2) run_sql("DROP TABLE object_embeddings; PRAGMA user_version = 1");
  }

  // Of the two images that are in it.
  static int64_t with_object_embeddings() { return GetParam() == 1 ? 0 : 2; }
  static int64_t count_object_embeddings(const Ledger& ledger) {
    int64_t images = 0;
    const auto count = [&](const ImageResult& image) -> Status {
      const bool has_one = !image.detections.empty() && !image.detections[0].embedding.empty();
      images += has_one ? 1 : 0;
      return {};
    };
    EXPECT_TRUE(ledger.for_each_result_with_objects(count).ok());
    return images;
  }

  std::string bytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

TEST_P(OldLedger, CanBeReadAndStaysAsItIs) {
  const std::string before = bytes();
  {
    const auto reader = Ledger::open_read_only(path_);
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    EXPECT_EQ((*reader)->counts()->done, 2);
    EXPECT_EQ(count_object_embeddings(**reader), with_object_embeddings());
  }
  EXPECT_EQ(bytes(), before);
}

TEST_P(OldLedger, CanBeResumed) {
  for (int resumed = 0; resumed < 2; ++resumed) {
    const auto ledger = open();
    ASSERT_NE(ledger, nullptr);
    EXPECT_EQ(ledger->counts()->done, 2 + resumed);
    EXPECT_EQ(count_object_embeddings(*ledger), with_object_embeddings() + resumed);
    ImageResult result = result_of("new.jpg");
    result.detections[0].embedding = {0, 1};
    ASSERT_TRUE(ledger->record({result}, {}).ok());
    EXPECT_EQ(count_object_embeddings(*ledger), with_object_embeddings() + 1);
    EXPECT_TRUE(ledger->replace_own_embeddings([](auto&) -> Result<std::string> { return std::string(); }).ok());
  }
}

INSTANTIATE_TEST_SUITE_P(Versions, OldLedger, testing::Values(1, 2, 3));

TEST_F(LedgerFile, ADamagedEmbeddingOfAnObjectNamesTheImage) {
  ImageResult result = result_of("a.jpg");
  result.detections[0].embedding = {0, 1};
  ASSERT_TRUE(open()->record({result}, {}).ok());
  for (const std::string damage : {"embeddings = x''", "columns = 0", "columns = 3"}) {
    run_sql("UPDATE object_embeddings SET embeddings = x'0102', columns = 2");
    run_sql("UPDATE object_embeddings SET " + damage);
    const Status status = open()->for_each_result_with_objects([](const auto&) { return Status(); });
    ASSERT_FALSE(status.ok()) << damage;
    EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(status.error().message, HasSubstr("a.jpg"));
  }
}

TEST_F(LedgerFile, ADamagedRegionNamesTheImage) {
  ImageResult result = result_of("a.jpg");
  result.regions = {{{1, 2, 3, 4}, {0, 1}}, {{5, 6, 7, 8}, {1, 0}}};
  for (const std::string damage : {"embeddings = x''", "columns = 0", "columns = 3", "boxes = x''", "boxes = x'00'",
                                   "columns = 4", "boxes = CAST(boxes || boxes AS BLOB)"}) {
    ASSERT_TRUE(open()->record({result}, {}).ok());
    run_sql("UPDATE regions SET " + damage);
    const Status status = open()->for_each_result_with_objects([](const auto&) { return Status(); });
    ASSERT_FALSE(status.ok()) << damage;
    EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(status.error().message, HasSubstr("a.jpg"));
  }
}

TEST_F(LedgerFile, AMissingTableIsDamage) {
  open();
  run_sql("DROP TABLE results");
  const auto ledger = Ledger::open(path_);
  ASSERT_FALSE(ledger.ok());
  EXPECT_EQ(ledger.error().code, ErrorCode::kCorrupt);
}

TEST_F(LedgerFile, ADamagedBlobNamesTheImage) {
  ASSERT_TRUE(open()->record(batch(0, 1), {}).ok());
  run_sql("UPDATE results SET detections = x'00'");
  const Status status = open()->for_each_result([](const ImageResult&) { return Status(); });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(status.error().message, HasSubstr("000000/00.jpg"));
}

// Whatever is overwritten, the answer is data or an error; the process lives.
TEST_F(LedgerFile, OverwrittenPagesNeverCrash) {
  {
    const auto ledger = open();
    for (int number = 0; number < 20; ++number) ASSERT_TRUE(ledger->record(batch(number, 10), {{"x", "y"}}).ok());
  }
  const auto size = static_cast<int64_t>(fs::file_size(path_));
  const fs::path whole = folder_ / "whole.db";
  fs::copy_file(path_, whole);
  int errors = 0;
  uint32_t random = 1;
  for (int round = 0; round < 60; ++round) {
    fs::copy_file(whole, path_, fs::copy_options::overwrite_existing);
    {
      std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
      for (int i = 0; i < 40; ++i) {
        random = random * 1664525 + 1013904223;
        file.seekp(100 + random % (size - 100));
        file.put(static_cast<char>(random >> 24));
      }
    }
    auto ledger = Ledger::open(path_);
    const auto read = [](const auto&) { return Status(); };
    const bool ok = ledger.ok() && (*ledger)->for_each_result(read).ok() && (*ledger)->for_each_failure(read).ok() &&
                    (*ledger)->for_each_result_with_objects(read).ok() && (*ledger)->counts().ok() &&
                    (*ledger)->record(batch(99, 1), {}).ok();
    errors += ok ? 0 : 1;
  }
  EXPECT_GT(errors, 0);
}

}  // namespace
}  // namespace pretag
