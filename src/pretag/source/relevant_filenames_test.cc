#include "pretag/source/relevant_filenames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "pretag/source/folder_source.h"
#include "support/memory_file_system.h"
#include "support/source_listing.h"

namespace pretag {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

RelevantFilenames parsed(std::string_view text) {
  auto relevant = parse_relevant_filenames(text, "relevant.txt");
  EXPECT_TRUE(relevant.ok()) << relevant.error().message;
  return relevant ? *std::move(relevant) : RelevantFilenames({}, {});
}

std::string fault(std::string_view text) {
  const auto relevant = parse_relevant_filenames(text, "relevant.txt");
  if (relevant) return "no error";
  EXPECT_EQ(relevant.error().code, ErrorCode::kInvalidArgument);
  return relevant.error().message;
}

bool matches(std::string_view pattern, std::string_view path) { return GitignorePattern(pattern).matches(path); }

TEST(RelevantFilenames, NamesSingleFiles) {
  const RelevantFilenames relevant = parsed("image_1.png\nsubdir/image_3.png\n\nwith two  spaces.jpg\n");
  EXPECT_TRUE(relevant.matches("image_1.png"));
  EXPECT_TRUE(relevant.matches("subdir/image_3.png"));
  EXPECT_TRUE(relevant.matches("with two  spaces.jpg"));
  EXPECT_FALSE(relevant.matches("image_2.png"));
  EXPECT_FALSE(relevant.matches("image_1.png/x"));
  EXPECT_FALSE(relevant.matches("with"));
  EXPECT_FALSE(relevant.matches(""));
}

TEST(RelevantFilenames, TakesEverythingUpToAStarAsAPrefix) {
  const RelevantFilenames relevant = parsed("subdir/*\nother/im*\nmy folder/*");
  EXPECT_TRUE(relevant.matches("subdir/a.png"));
  EXPECT_TRUE(relevant.matches("subdir/deeper/a.png"));
  EXPECT_TRUE(relevant.matches("other/image.png"));
  EXPECT_TRUE(relevant.matches("my folder/a.png"));
  EXPECT_FALSE(relevant.matches("subdirectory/a.png"));
  EXPECT_FALSE(relevant.matches("other/a.png"));
  EXPECT_TRUE(parsed("*").matches("anything/at/all.jpg"));
}

TEST(RelevantFilenames, ExcludesAndIncludesAgain) {
  const RelevantFilenames relevant =
      parsed("image_1.png\nsubdir/* subdir/image_4* !subdir/image_41.png \t!subdir/image_42.png");
  for (const char* key :
       {"image_1.png", "subdir/image_2.png", "subdir/image_3.png", "subdir/image_41.png", "subdir/image_42.png"}) {
    EXPECT_TRUE(relevant.matches(key)) << key;
  }
  EXPECT_FALSE(relevant.matches("subdir/image_40.png"));
}

TEST(RelevantFilenames, LetsALineDecideForItselfAlone) {
  const RelevantFilenames relevant = parsed("a/* *.png\na/b/*");
  EXPECT_FALSE(relevant.matches("a/x.png"));
  EXPECT_TRUE(relevant.matches("a/b/x.png"));
}

TEST(RelevantFilenames, ReadsWindowsTextFiles) {
  const RelevantFilenames relevant = parsed(
      "\xEF\xBB\xBF"
      "a.png\r\nb/* *.txt\r\n");
  EXPECT_TRUE(relevant.matches("a.png"));
  EXPECT_TRUE(relevant.matches("b/c.png"));
  EXPECT_FALSE(relevant.matches("b/c.txt"));
}

TEST(RelevantFilenames, SaysWhichLineIsWrong) {
  EXPECT_EQ(fault("a.png\n/b.png"), "relevant.txt, line 2: the path begins with '/'; paths are relative to the input");
  EXPECT_THAT(fault("./a.png"), HasSubstr("line 1: the path contains './' or '../'"));
  EXPECT_THAT(fault("a/../b.png"), HasSubstr("../"));
  EXPECT_THAT(fault("\n\n../* x"), HasSubstr("line 3"));
  EXPECT_THAT(fault("caf\xE9.png"), HasSubstr("not UTF-8"));
  EXPECT_THAT(fault("a/* " + std::string(2000, 'x')), HasSubstr("line 1: a line may have"));
  EXPECT_EQ(fault("..a/b..png\n...\n"), "no error");
}

TEST(GitignorePattern, MatchesAtEveryDepthWithoutASlash) {
  EXPECT_TRUE(matches("*.png", "a.png"));
  EXPECT_TRUE(matches("*.png", "b/c/a.png"));
  EXPECT_TRUE(matches("b", "b/c/a.png"));
  EXPECT_TRUE(matches("c", "b/c/a.png"));
  EXPECT_FALSE(matches("*.png", "a.png.jpg"));
  EXPECT_FALSE(matches("a", "ba.png"));
}

TEST(GitignorePattern, IsRelativeToTheRootWithASlash) {
  EXPECT_TRUE(matches("/a.png", "a.png"));
  EXPECT_FALSE(matches("/a.png", "b/a.png"));
  EXPECT_TRUE(matches("b/*.png", "b/a.png"));
  EXPECT_FALSE(matches("b/*.png", "b/c/a.png"));
  EXPECT_FALSE(matches("b/*.png", "x/b/a.png"));
}

TEST(GitignorePattern, MatchesWhatIsInAFolder) {
  EXPECT_TRUE(matches("b/", "b/c/a.png"));
  EXPECT_TRUE(matches("c/", "b/c/a.png"));
  EXPECT_TRUE(matches("b/c", "b/c/a.png"));
  EXPECT_FALSE(matches("a.png/", "b/a.png"));
}

TEST(GitignorePattern, UnderstandsTwoStars) {
  EXPECT_TRUE(matches("**/a.png", "a.png"));
  EXPECT_TRUE(matches("**/a.png", "b/c/a.png"));
  EXPECT_TRUE(matches("b/**", "b/c/a.png"));
  EXPECT_FALSE(matches("b/**", "x/b/a.png"));
  EXPECT_FALSE(matches("b/**", "b"));
  EXPECT_TRUE(matches("b/**/a.png", "b/a.png"));
  EXPECT_TRUE(matches("b/**/a.png", "b/c/d/a.png"));
  EXPECT_FALSE(matches("b/**/a.png", "ba.png"));
  EXPECT_TRUE(matches("x**y", "xaby"));
  EXPECT_FALSE(matches("/x**y", "xa/by"));
  EXPECT_TRUE(matches("**", "a/b"));
}

TEST(GitignorePattern, UnderstandsQuestionMarksSetsAndEscapes) {
  EXPECT_TRUE(matches("image_?.png", "image_1.png"));
  EXPECT_FALSE(matches("a?b", "a/b"));
  EXPECT_TRUE(matches("image_[0-4].png", "image_3.png"));
  EXPECT_FALSE(matches("image_[0-4].png", "image_5.png"));
  EXPECT_TRUE(matches("image_[!0-4].png", "image_5.png"));
  EXPECT_FALSE(matches("a[!b]c", "a/c"));
  EXPECT_TRUE(matches("a[]]b", "a]b"));
  EXPECT_TRUE(matches("image_[[:digit:]].png", "image_1.png"));
  EXPECT_FALSE(matches("image_[[:digit:]].png", "image_a.png"));
  EXPECT_TRUE(matches("image_[![:digit:]_].png", "image_a.png"));
  EXPECT_FALSE(matches("image_[![:digit:]_].png", "image_1.png"));
  EXPECT_TRUE(matches("a[[:no such class:]]", "an]"));
  EXPECT_TRUE(matches("a[\\]]b", "a]b"));
  EXPECT_TRUE(matches("a[\\a-c]d", "abd"));
  EXPECT_TRUE(matches("a[b-]", "a-"));
  EXPECT_TRUE(matches("a[[:", "a[[:"));
  EXPECT_TRUE(matches("a[b", "a[b"));
  EXPECT_TRUE(matches("a\\*b", "a*b"));
  EXPECT_FALSE(matches("a\\*b", "axb"));
  EXPECT_TRUE(GitignorePattern("!a").negated());
  EXPECT_TRUE(matches("\\!a", "!a"));
}

TEST(GitignorePattern, MatchesNothingWhenEmpty) {
  for (const char* pattern : {"", "/", "!", "!/"}) EXPECT_FALSE(matches(pattern, "a")) << pattern;
}

TEST(GitignorePattern, IsFastForEveryPattern) {
  std::string pattern;
  for (int i = 0; i < 300; ++i) pattern += "a*";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(matches(pattern + "b", std::string(3000, 'a')));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(FilterSource, ListsWhatIsRelevantAndReportsWhatIsMissing) {
  MemoryFileSystem files;
  for (const char* path : {"in/a.jpg", "in/b.jpg", "in/sub/c.jpg", "in/sub/d.jpg"}) files.add(path, "x");
  auto folder = open_folder_source("in", {.file_system = &files});
  ASSERT_TRUE(folder.ok());
  const auto source = filter_source(*std::move(folder), parsed("b.jpg\nsub/* *d.jpg\naa.jpg\nzz.jpg\nb.jpg"));
  const auto [keys, skipped] = list(*source);
  EXPECT_THAT(keys, ElementsAre("b.jpg", "sub/c.jpg"));
  EXPECT_THAT(skipped, UnorderedElementsAre(Pair("aa.jpg", HasSubstr("does not have it")),
                                            Pair("zz.jpg", HasSubstr("does not have it"))));
  EXPECT_TRUE(source->read("b.jpg").ok());
  EXPECT_EQ(source->read("a.jpg").error().code, ErrorCode::kNotFound);
}

TEST(FilterSource, DoesNotMissWhatASourceOfNewFilesNeedNotHave) {
  MemoryFileSystem files;
  files.add("in/new.jpg", "x");
  auto folder = open_folder_source("in", {.file_system = &files});
  ASSERT_TRUE(folder.ok());
  const auto [keys, skipped] = list(*filter_source(*std::move(folder), parsed("new.jpg\nold.jpg"), {}, false));
  EXPECT_THAT(keys, ElementsAre("new.jpg"));
  EXPECT_TRUE(skipped.empty());
}

TEST(RelevantFilenames, MissesAFileInOneShardOnly) {
  MemoryFileSystem files;
  for (int i = 0; i < 10; ++i) files.add("in/" + std::to_string(i) + ".jpg", "x");
  std::vector<std::string> keys, missed;
  for (int number = 1; number <= 3; ++number) {
    const Shard shard{number, 3};
    auto source = open_folder_source("in", {.file_system = &files, .shard = shard});
    ASSERT_TRUE(source.ok());
    const Listing part = list(*filter_source(*std::move(source), parsed("3.jpg\n5.jpg\n7.jpg\ngone.jpg\n"), shard));
    keys.insert(keys.end(), part.keys.begin(), part.keys.end());
    for (const auto& [key, reason] : part.skipped) missed.push_back(key);
  }
  EXPECT_THAT(keys, UnorderedElementsAre("3.jpg", "5.jpg", "7.jpg"));
  EXPECT_THAT(missed, ElementsAre("gone.jpg"));
}

}  // namespace
}  // namespace pretag
