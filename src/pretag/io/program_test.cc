#include "pretag/io/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace pretag {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Optional;

constexpr size_t kMost = size_t{1} << 20;

Result<std::string> shell(const std::string& script, size_t most = kMost, double seconds = 60) {
  return output_of_program({"sh", "-c", script}, most, seconds);
}

TEST(CommandWords, AreThoseOfAShell) {
  EXPECT_THAT(command_words("  a  b\tc "), Optional(ElementsAre("a", "b", "c")));
  EXPECT_THAT(command_words(R"('a b' "c d"e f\ g '' "\"\\\n" 'a\')"),
              Optional(ElementsAre("a b", "c de", "f g", "", R"("\\n)", R"(a\)")));
  EXPECT_THAT(command_words("$HOME *"), Optional(ElementsAre("$HOME", "*")));
  EXPECT_THAT(command_words("a\\"), Optional(ElementsAre("a\\")));
}

TEST(CommandWords, AreNoneWhereAQuoteHasNoEnd) {
  for (const char* line : {"", "  ", "'a", "a \"b", "\"a\\\""}) EXPECT_EQ(command_words(line), std::nullopt) << line;
}

TEST(Program, GivesWhatItWrites) {
  const auto output = shell("printf 'a\\nb'; echo aside >&2");
  ASSERT_TRUE(output.ok()) << output.error().message;
  EXPECT_EQ(*output, "a\nb");
  EXPECT_EQ(*output_of_program({"echo", "a  b", "$HOME"}, kMost, 60), "a  b $HOME\n");
}

TEST(Program, HasNothingToRead) { EXPECT_EQ(*shell("cat; echo end"), "end\n"); }

TEST(Program, MayWriteMoreThanAPipeHolds) {
  const auto output = shell("head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2");
  ASSERT_TRUE(output.ok()) << output.error().message;
  EXPECT_EQ(output->size(), 300000u);
}

TEST(Program, ThatFailsIsToldWithItsLastWord) {
  const auto output = shell("echo first >&2; echo 'the last' >&2; exit 3");
  ASSERT_FALSE(output.ok());
  EXPECT_EQ(output.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(output.error().message,
              AllOf(HasSubstr("sh"), HasSubstr("ended with 3"), HasSubstr("the last"), Not(HasSubstr("first"))));
  EXPECT_THAT(shell("kill -9 $$").error().message, HasSubstr("signal 9"));
}

TEST(Program, ThatIsNotThereIsNotFound) {
  const auto output = output_of_program({"no-such-program-here"}, kMost, 60);
  ASSERT_FALSE(output.ok());
  EXPECT_EQ(output.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(output.error().message, HasSubstr("no-such-program-here"));
}

TEST(Program, ThatWritesTooMuchOrTakesTooLongIsEnded) {
  const auto begin = std::chrono::steady_clock::now();
  const auto endless = shell("while :; do echo more; done", 1000);
  ASSERT_FALSE(endless.ok());
  EXPECT_EQ(endless.error().code, ErrorCode::kUnsupported);
  const auto slow = shell("echo a; sleep 1000 & sleep 1000", kMost, 0.2);
  ASSERT_FALSE(slow.ok());
  EXPECT_EQ(slow.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(slow.error().message, HasSubstr("has not ended"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(500));
}

}  // namespace
}  // namespace pretag
