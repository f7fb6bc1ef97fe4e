#include "pretag/bucket/file_system_with_buckets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/memory_file_system.h"

namespace pretag {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Notes down what it is asked.
class NotingFileSystem final : public FileSystem {
 public:
  explicit NotingFileSystem(std::vector<std::string>& notes) : notes_(notes) {}

  Result<std::vector<std::byte>> read(const std::string& path, size_t) const override {
    return note("read " + path), std::vector<std::byte>();
  }
  Result<std::unique_ptr<FileReader>> open(const std::string& path) const override {
    return note("open " + path), std::unique_ptr<FileReader>();
  }
  Status write_atomically(const std::string& path, std::string_view bytes) override {
    return note("write " + path + " " + std::string(bytes)), Status();
  }
  Status write_one_of_many(const std::string& path, std::string_view bytes) override {
    return note("write one " + path + " " + std::string(bytes)), Status();
  }
  Status sync_all(const std::string& folder) override { return note("sync " + folder), Status(); }
  Status stream_atomically(const std::string& path, const std::function<Status(const Sink&)>&) override {
    return note("stream " + path), Status();
  }
  Result<std::vector<DirectoryEntry>> list(const std::string& directory) const override {
    return note("list " + directory), std::vector<DirectoryEntry>();
  }
  Result<std::vector<DirectoryEntry>> list_wanted(const std::string& directory, const Wanted&) const override {
    return note("list wanted " + directory), std::vector<DirectoryEntry>();
  }
  Result<DirectoryEntry> entry(const std::string& path) const override {
    return note("entry " + path), DirectoryEntry{.name = path};
  }
  Status make_directories(const std::string& path) override { return note("make " + path), Status(); }
  bool exists(const std::string& path) const override { return note("exists " + path), true; }
  std::string canonical(const std::string& path) const override { return note("canonical " + path), path; }
  Result<bool> remove(const std::string& path) override { return note("remove " + path), true; }

 private:
  void note(const std::string& what) const { notes_.push_back(what); }

  std::vector<std::string>& notes_;
};

class FileSystemWithBucketsTest : public ::testing::Test {
 protected:
  // Calls everything there is; whether all of it succeeded.
  bool ask_all(const std::string& path) const {
    FileSystem& all = *all_;
    bool good = bool(all.read(path, 10)) && bool(all.open(path)) && bool(all.write_atomically(path, "a")) &&
                bool(all.write_one_of_many(path, "b")) && bool(all.sync_all(path));
    good = good && bool(all.stream_atomically(path, [](const FileSystem::Sink&) { return Status(); }));
    good = good && bool(all.list(path)) && bool(all.list_wanted(path, [](std::string_view) { return true; }));
    good = good && bool(all.entry(path)) && bool(all.make_directories(path)) && all.exists(path);
    return good && all.canonical(path) == path && bool(all.remove(path));
  }
  static auto everything_of(const std::string& path) {
    return ElementsAre("read " + path, "open " + path, "write " + path + " a", "write one " + path + " b",
                       "sync " + path, "stream " + path, "list " + path, "list wanted " + path, "entry " + path,
                       "make " + path, "exists " + path, "canonical " + path, "remove " + path);
  }

  std::vector<std::string> of_local_, of_buckets_;
  NotingFileSystem local_{of_local_};
  int connections_ = 0;
  bool is_away_ = false;
  std::unique_ptr<FileSystem> all_ = file_system_with_buckets(local_, [this](const std::string&) { return connect(); });

 private:
  Result<std::unique_ptr<FileSystem>> connect() {
    ++connections_;
    if (is_away_) return Error{ErrorCode::kInvalidArgument, "AWS_PROFILE: there is no such profile"};
    return std::unique_ptr<FileSystem>(std::make_unique<NotingFileSystem>(of_buckets_));
  }
};

TEST_F(FileSystemWithBucketsTest, LocalPathsStayLocalAndConnectNothing) {
  EXPECT_TRUE(ask_all("/data/s3://bucket"));
  EXPECT_THAT(of_local_, everything_of("/data/s3://bucket"));
  EXPECT_THAT(of_buckets_, IsEmpty());
  EXPECT_EQ(connections_, 0);
}

TEST_F(FileSystemWithBucketsTest, PathsOfBucketsGoThereOverOneConnection) {
  EXPECT_TRUE(ask_all("s3://bucket/a"));
  EXPECT_THAT(of_buckets_, everything_of("s3://bucket/a"));
  EXPECT_THAT(of_local_, IsEmpty());
  EXPECT_EQ(connections_, 1);
}

TEST_F(FileSystemWithBucketsTest, OnlyBucketsAreRemote) {
  EXPECT_TRUE(all_->is_remote("s3://bucket/a"));
  EXPECT_FALSE(all_->is_remote("/data/a"));
  EXPECT_EQ(connections_, 0) << "that can be told without a connection";
}

TEST_F(FileSystemWithBucketsTest, AFailingConnectionIsReportedAndTriedAgain) {
  is_away_ = true;
  const auto bytes = all_->read("s3://bucket/a", 10);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(bytes.error().message, "AWS_PROFILE: there is no such profile");
  EXPECT_FALSE(all_->write_atomically("s3://bucket/a", "a"));
  EXPECT_FALSE(all_->remove("s3://bucket/a"));
  EXPECT_FALSE(all_->exists("s3://bucket/a"));
  EXPECT_EQ(all_->canonical("s3://bucket/a"), "s3://bucket/a");
  EXPECT_EQ(connections_, 5);
  EXPECT_TRUE(all_->read("/data/a", 10)) << "what is local does not suffer";
  is_away_ = false;
  EXPECT_TRUE(all_->read("s3://bucket/a", 10));
  EXPECT_TRUE(all_->exists("s3://bucket/a"));
  EXPECT_EQ(connections_, 6);
}

TEST(FileSystemWithBuckets, ContentsAndErrorsComeThroughUnchanged) {
  MemoryFileSystem local;
  local.add("/data/a", "of local");
  const auto all = file_system_with_buckets(local, [](const std::string&) -> Result<std::unique_ptr<FileSystem>> {
    auto buckets = std::make_unique<MemoryFileSystem>();
    buckets->add("s3://bucket/a", "of bucket");
    return std::unique_ptr<FileSystem>(std::move(buckets));
  });
  const auto text_of = [&](const std::string& path) {
    const auto bytes = all->read(path, 100);
    return bytes ? std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size()) : bytes.error().message;
  };
  EXPECT_EQ(text_of("/data/a"), "of local");
  EXPECT_EQ(text_of("s3://bucket/a"), "of bucket");
  EXPECT_EQ(text_of("s3://bucket/b"), "s3://bucket/b: No such file or directory");
}

TEST(SchemesOfBuckets, AreConnectedApartAndOnce) {
  MemoryFileSystem local;
  std::vector<std::string> connected;
  const auto all =
      file_system_with_buckets(local, [&](const std::string& scheme) -> Result<std::unique_ptr<FileSystem>> {
        connected.push_back(scheme);
        auto files = std::make_unique<MemoryFileSystem>();
        files->add(scheme + "://bucket/of", scheme);
        return std::unique_ptr<FileSystem>(std::move(files));
      });
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(all->exists("gs://bucket/of"));
    EXPECT_TRUE(all->exists("s3://bucket/of"));
  }
  EXPECT_EQ(connected, (std::vector<std::string>{"gs", "s3"}));
}

}  // namespace
}  // namespace pretag
