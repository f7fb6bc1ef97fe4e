#include "pretag/io/file_system.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "support/faulty_file_system.h"
#include "support/memory_file_system.h"
#include "support/temporary_folder.h"

namespace pretag {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMegabyte = 1 << 20;

std::string text_of(const Result<std::vector<std::byte>>& bytes) {
  if (!bytes) return "error: " + bytes.error().message;
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  const auto entries = local_file_system().list(directory);
  EXPECT_TRUE(entries.ok());
  if (entries) {
    for (const DirectoryEntry& entry : *entries) names.push_back(entry.name);
  }
  return names;
}

TEST(LocalFileSystem, ReadsBackWhatItWrote) {
  TemporaryFolder folder;
  const std::string path = folder / "a file";
  ASSERT_TRUE(local_file_system().write_atomically(path, std::string_view("x\0y\n", 4)).ok());
  EXPECT_EQ(text_of(local_file_system().read(path, kMegabyte)), std::string_view("x\0y\n", 4));
}

TEST(LocalFileSystem, ListsTheNamesThatAreWanted) {
  TemporaryFolder folder;
  for (const char* name : {"b", "a", "c"}) folder.write(name, "x");
  std::set<std::string> asked;
  const auto entries = local_file_system().list_wanted(
      folder.path(), [&](std::string_view name) { return asked.emplace(name), name != "b"; });
  ASSERT_TRUE(entries.ok());
  ASSERT_EQ(entries->size(), 2u);
  EXPECT_EQ((*entries)[0].name, "a");
  EXPECT_EQ((*entries)[1].name, "c");
  EXPECT_EQ(asked, (std::set<std::string>{"a", "b", "c"}));
}

TEST(LocalFileSystem, KnowsItsUnfinishedFilesByName) {
  TemporaryFolder folder;
  std::vector<std::string> names;
  const Status written = local_file_system().stream_atomically(folder / "a file", [&](const auto& sink) {
    names = names_in(folder.path());
    return sink("x");
  });
  ASSERT_TRUE(written.ok());
  ASSERT_EQ(names.size(), 1u);
  EXPECT_TRUE(is_unfinished_file(names[0])) << names[0];
  for (const char* name : {"a file", ".pretag-notes", "pretag-1-2.tmp", "a.tmp", ""}) {
    EXPECT_FALSE(is_unfinished_file(name)) << name;
  }
}

TEST(LocalFileSystem, WritesOneOfManyAsWhole) {
  TemporaryFolder folder;
  for (const char* text : {"first", "second"}) {
    ASSERT_TRUE(local_file_system().write_one_of_many(folder / "a.json", text).ok());
    const auto bytes = local_file_system().read(folder / "a.json", 100);
    ASSERT_TRUE(bytes.ok());
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size()), text);
  }
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"a.json"});
  EXPECT_TRUE(local_file_system().sync_all(folder.path()).ok());
  const Status nowhere = local_file_system().sync_all(folder / "nowhere");
  ASSERT_FALSE(nowhere.ok());
  EXPECT_EQ(nowhere.error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(local_file_system().write_one_of_many(folder / "nowhere/a.json", "x").ok());
}

TEST(LocalFileSystem, FindsNothingUnderANameThatIsTooLong) {
  TemporaryFolder folder;
  const std::string path = folder / (std::string(300, 'a') + ".json");
  EXPECT_FALSE(local_file_system().exists(path));
  EXPECT_EQ(local_file_system().read(path, 100).error().code, ErrorCode::kNotFound);
}

TEST(LocalFileSystem, ReplacesAFileAndLeavesNothingBeside) {
  TemporaryFolder folder;
  const std::string path = folder / "report.json";
  ASSERT_TRUE(local_file_system().write_atomically(path, "old").ok());
  ASSERT_TRUE(local_file_system().write_atomically(path, "new").ok());
  EXPECT_EQ(text_of(local_file_system().read(path, kMegabyte)), "new");
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"report.json"});
}

TEST(LocalFileSystem, WritesWhereALinkLeads) {
  TemporaryFolder folder;
  const std::string real = folder.write("disk/report.json", "old"), link = folder / "latest.json";
  fs::create_symlink("disk/report.json", link);
  ASSERT_TRUE(local_file_system().write_atomically(link, "new").ok());
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(text_of(local_file_system().read(real, kMegabyte)), "new");
  EXPECT_EQ(names_in(folder / "disk"), std::vector<std::string>{"report.json"});
  // One that leads nowhere is replaced.
  fs::create_symlink("gone/report.json", folder / "next.json");
  ASSERT_TRUE(local_file_system().write_atomically(folder / "next.json", "new").ok());
  EXPECT_FALSE(fs::is_symlink(folder / "next.json"));
}

// As /dev/stdout and /dev/null are.
TEST(LocalFileSystem, WritesIntoAPipeAndLeavesItThere) {
  TemporaryFolder folder;
  const std::string pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  ASSERT_TRUE(local_file_system().write_atomically(pipe, "said").ok());
  std::string said(16, '\0');
  const ssize_t count = ::read(reader, said.data(), said.size());
  ::close(reader);
  EXPECT_EQ(said.substr(0, count < 0 ? 0 : static_cast<size_t>(count)), "said");
  EXPECT_TRUE(fs::is_fifo(pipe));
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"pipe"});
}

TEST(LocalFileSystem, LetsOneOfManyWriteWhatIsAbsent) {
  TemporaryFolder folder;
  const std::string path = folder / "claim";
  constexpr int kWriters = 8;
  std::atomic<int> writers = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kWriters; ++i) {
      threads.emplace_back([&, i] {
        const auto wrote = local_file_system().write_if_absent(path, "writer " + std::to_string(i));
        EXPECT_TRUE(wrote.ok());
        if (wrote && *wrote) ++writers;
      });
    }
  }
  EXPECT_EQ(writers, 1);
  EXPECT_TRUE(text_of(local_file_system().read(path, kMegabyte)).starts_with("writer "));
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"claim"});
  const auto later = local_file_system().write_if_absent(path, "too late");
  ASSERT_TRUE(later.ok());
  EXPECT_FALSE(*later);
  EXPECT_FALSE(local_file_system().write_if_absent(folder / "no/such/folder", "x").ok());
}

TEST(LocalFileSystem, KeepsTheOldFileAndNoTemporaryOneWhenTheDiskIsFull) {
  TemporaryFolder folder;
  FaultyFileSystem full(local_file_system());
  const std::string path = folder / "report.json";
  ASSERT_TRUE(full.write_atomically(path, "old").ok());
  full.fail_writes_after(3);
  const Status status = full.write_atomically(path, "much longer");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kIo);
  EXPECT_EQ(status.error().message, path + ": No space left on device");
  EXPECT_EQ(text_of(local_file_system().read(path, kMegabyte)), "old");
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"report.json"});
}

TEST(LocalFileSystem, SurvivesAWriteThatTheKernelRefusesMidway) {
  TemporaryFolder folder;
  const std::string path = folder / "report.json";
  ASSERT_TRUE(local_file_system().write_atomically(path, "old").ok());
  // A limit on the size of files is the one full disk that every machine can provide.
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight{.rlim_cur = 1000, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  const Status status = local_file_system().write_atomically(path, std::string(5000, 'x'));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, path + ": File too large");
  EXPECT_EQ(text_of(local_file_system().read(path, kMegabyte)), "old");
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"report.json"});
}

TEST(LocalFileSystem, WritesUnderTheLongestNameThereIs) {
  TemporaryFolder folder;
  EXPECT_TRUE(local_file_system().write_atomically(folder / std::string(255, 'n'), "x").ok());
}

TEST(LocalFileSystem, ReadersSeeOneWholeVersionWhileItIsReplaced) {
  TemporaryFolder folder;
  const std::string path = folder / "state";
  const std::string a(200'000, 'a'), b(100'000, 'b');
  ASSERT_TRUE(local_file_system().write_atomically(path, a).ok());
  std::jthread writer([&] {
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(local_file_system().write_atomically(path, i % 2 ? a : b).ok());
  });
  for (int i = 0; i < 200; ++i) {
    const std::string seen = text_of(local_file_system().read(path, kMegabyte));
    ASSERT_TRUE(seen == a || seen == b) << "saw " << seen.size() << " bytes";
  }
}

TEST(LocalFileSystem, WritesInPiecesAndDropsThemWhenTheProducerFails) {
  TemporaryFolder folder;
  const std::string path = folder / "big";
  ASSERT_TRUE(local_file_system()
                  .stream_atomically(path,
                                     [](const FileSystem::Sink& sink) -> Status {
                                       for (int i = 0; i < 3; ++i) PRETAG_TRY(sink("piece "));
                                       return {};
                                     })
                  .ok());
  EXPECT_EQ(text_of(local_file_system().read(path, kMegabyte)), "piece piece piece ");
  const Status failed = local_file_system().stream_atomically(path, [](const FileSystem::Sink& sink) -> Status {
    PRETAG_TRY(sink("half"));
    return Error{ErrorCode::kCancelled, "stopped"};
  });
  EXPECT_EQ(failed.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(text_of(local_file_system().read(path, kMegabyte)), "piece piece piece ");
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"big"});
}

TEST(LocalFileSystem, GivesNewFilesTheUsualPermissions) {
  TemporaryFolder folder;
  const mode_t mask = ::umask(022);
  ASSERT_TRUE(local_file_system().write_atomically(folder / "x", "x").ok());
  ::umask(mask);
  EXPECT_EQ(fs::status(folder / "x").permissions(), fs::perms(0644));
}

TEST(LocalFileSystem, RefusesAFileOverTheLimitWithoutReadingIt) {
  TemporaryFolder folder;
  const std::string path = folder / "sparse";
  std::ofstream(path).close();
  fs::resize_file(path, uintmax_t{1} << 40);  // one tebibyte, sparse
  const auto bytes = local_file_system().read(path, kMegabyte);
  ASSERT_FALSE(bytes.ok());
  EXPECT_EQ(bytes.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(bytes.error().message.find(path), std::string::npos);
}

TEST(LocalFileSystem, DoesNotWaitForAPipe) {
  TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe.jpg").c_str(), 0600), 0);
  const auto bytes = local_file_system().read(folder / "pipe.jpg", kMegabyte);
  ASSERT_FALSE(bytes.ok());
  EXPECT_EQ(bytes.error().message, folder / "pipe.jpg" + ": not a regular file");
}

TEST(LocalFileSystem, SaysWhatIsMissing) {
  TemporaryFolder folder;
  for (const std::string name : {"gone", "no/such/folder"}) {
    const auto bytes = local_file_system().read(folder / name, kMegabyte);
    ASSERT_FALSE(bytes.ok());
    EXPECT_EQ(bytes.error().code, ErrorCode::kNotFound);
    EXPECT_EQ(bytes.error().message, folder / name + ": No such file or directory");
  }
  const Status written = local_file_system().write_atomically(folder / "no/such/folder", "x");
  EXPECT_EQ(written.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(local_file_system().list(folder / "gone").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(local_file_system().entry(folder / "gone").error().code, ErrorCode::kNotFound);
}

TEST(LocalFileSystem, AdvisesWhatToDoWhereNothingCanBeWritten) {
  if (::access("/proc", F_OK) != 0) GTEST_SKIP() << "this system has no /proc";
  const Status status = local_file_system().write_atomically("/proc/pretag", "x");  // even root may not
  ASSERT_FALSE(status.ok());
  EXPECT_TRUE(status.error().message.starts_with("/proc/pretag: ")) << status.error().message;
}

TEST(LocalFileSystem, ListsInByteOrderAndFollowsLinks) {
  TemporaryFolder folder;
  fs::create_directory(folder / "b");
  for (const char* name : {"é", "a", "B", "日本"}) std::ofstream(folder / name) << "x";
  fs::create_symlink(folder / "b", folder / "to-folder");
  fs::create_symlink(folder / "a", folder / "to-file");
  fs::create_symlink(folder / "nowhere", folder / "dangling");
  EXPECT_EQ(names_in(folder.path()), (std::vector<std::string>{"B", "a", "b", "to-file", "to-folder", "é", "日本"}));
  const auto entries = local_file_system().list(folder.path());
  ASSERT_TRUE(entries.ok());
  EXPECT_TRUE((*entries)[2].is_directory);
  EXPECT_TRUE((*entries)[3].is_file);
  EXPECT_EQ((*entries)[4].inode, (*entries)[2].inode);
  EXPECT_EQ(local_file_system().entry(folder / "to-folder")->inode, (*entries)[2].inode);
}

TEST(LocalFileSystem, ListsWhatItCannotLookAtWithTheReason) {
  TemporaryFolder folder;
  fs::create_symlink(std::string(300, 'n'), folder / "a.jpg");  // no name may be as long
  const auto entries = local_file_system().list(folder.path());
  ASSERT_TRUE(entries.ok());
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_FALSE(entries->front().is_file || entries->front().is_directory);
  EXPECT_EQ(entries->front().problem, "File name too long");
}

TEST(LocalFileSystem, MakesFoldersWithTheirParents) {
  TemporaryFolder folder;
  ASSERT_TRUE(local_file_system().make_directories(folder / "a/b/c").ok());
  EXPECT_TRUE(local_file_system().exists(folder / "a/b/c"));
  EXPECT_TRUE(local_file_system().make_directories(folder / "a/b/c").ok());
  std::ofstream(folder / "file") << "x";
  const Status status = local_file_system().make_directories(folder / "file/sub");
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find(folder / "file/sub"), std::string::npos);
}

TEST(FaultyFileSystem, FailsOnlyWhatItWasTold) {
  MemoryFileSystem memory;
  memory.add("in/a", "A");
  memory.add("in/b", "B");
  FaultyFileSystem faulty(memory);
  faulty.fail_reads_of("in/a", {ErrorCode::kIo, "in/a: Input/output error"});
  faulty.make_vanish("in/b");
  EXPECT_EQ(faulty.read("in/a", kMegabyte).error().code, ErrorCode::kIo);
  EXPECT_EQ(faulty.read("in/b", kMegabyte).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(faulty.list("in")->size(), 2u);
  faulty.fail_writes_after(0);
  EXPECT_FALSE(faulty.write_atomically("in/c", "C").ok());
  faulty.stop_failing_writes();
  EXPECT_TRUE(faulty.write_atomically("in/c", "C").ok());
  EXPECT_EQ(memory.text("in/c"), "C");
}

}  // namespace
}  // namespace pretag
