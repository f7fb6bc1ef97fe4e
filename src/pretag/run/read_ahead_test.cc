#include "pretag/run/read_ahead.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "support/memory_file_system.h"

namespace pretag {
namespace {

using ::testing::UnorderedElementsAre;

// Counts what is read, and fails as it is told.
class CountingFiles : public FileSystem {
 public:
  Result<std::vector<std::byte>> read(const std::string& path, size_t max_bytes) const override {
    {
      const std::scoped_lock lock(mutex_);
      reads.push_back(path);
    }
    if (path == away) return Error{ErrorCode::kUnavailable, "the service is away"};
    return files.read(path, max_bytes);
  }
  Status write_atomically(const std::string&, std::string_view) override { return {}; }
  Status stream_atomically(const std::string&, const std::function<Status(const Sink&)>&) override { return {}; }
  Result<std::vector<DirectoryEntry>> list(const std::string& directory) const override {
    return files.list(directory);
  }
  Result<DirectoryEntry> entry(const std::string& path) const override { return files.entry(path); }
  Status make_directories(const std::string&) override { return {}; }
  bool exists(const std::string& path) const override { return files.exists(path); }
  Result<bool> remove(const std::string&) override { return false; }

  MemoryFileSystem files;
  std::string away;
  mutable std::vector<std::string> reads;

 private:
  mutable std::mutex mutex_;
};

std::string text_of(const Result<std::vector<std::byte>>& bytes) {
  return bytes ? std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size()) : bytes.error().message;
}

TEST(ReadAhead, ReadsEachFileOnce) {
  CountingFiles files;
  files.files.add("a.json", "A");
  files.files.add("b.json", "B");
  ReadAhead ahead(files);
  ahead.fetch({"a.json", "b.json", "gone.json"});
  EXPECT_THAT(files.reads, UnorderedElementsAre("a.json", "b.json", "gone.json"));
  files.reads.clear();
  EXPECT_EQ(text_of(ahead.read("a.json", 10)), "A");
  EXPECT_EQ(text_of(ahead.read("a.json", 10)), "A");
  EXPECT_EQ(text_of(ahead.read("b.json", 10)), "B");
  EXPECT_EQ(ahead.read("gone.json", 10).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(ahead.read("b.json", 0).error().code, ErrorCode::kUnsupported);
  EXPECT_TRUE(files.reads.empty());
}

TEST(ReadAhead, ReadsWhatWasNotFetched) {
  CountingFiles files;
  files.files.add("a.json", "A");
  ReadAhead ahead(files);
  EXPECT_EQ(text_of(ahead.read("a.json", 10)), "A");
  ahead.fetch({"a.json"});
  ahead.fetch({});
  files.files.add("a.json", "new");
  EXPECT_EQ(text_of(ahead.read("a.json", 10)), "new") << "of the fetch before";
}

TEST(ReadAhead, TellsOfTroubleWhenTheFileIsRead) {
  CountingFiles files;
  files.away = "a.json";
  ReadAhead ahead(files);
  ahead.fetch({"a.json"});
  EXPECT_EQ(ahead.read("a.json", 10).error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace pretag
