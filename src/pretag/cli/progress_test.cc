#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "pretag/cli/progress_bar.h"
#include "pretag/cli/progress_line.h"
#include "pretag/util/strings.h"
#include "support/manual_clock.h"

namespace pretag {
namespace {

using testing::HasSubstr;
using testing::Not;

Progress progress_of(int64_t total, int64_t done, int64_t failed) {
  return {.total = total, .done = done, .failed = failed};
}

StageView halfway() {
  return {.stage = "Pretagging", .progress = progress_of(10'000, 1'232, 2), .per_second = 12.3, .eta_seconds = 712};
}

TEST(ProgressLine, ShowsBarCountRateTimeLeftAndFailures) {
  EXPECT_EQ(bar_line(halfway(), 90, false),
            "Pretagging  [##..................]  1,234/10,000  12.3 images/s  ETA 11 min 52 s  2 failed");
  EXPECT_THAT(bar_line(halfway(), 90, true), HasSubstr("[██░░░░"));
}

TEST(ProgressLine, FitsWhateverTheWidth) {
  for (int columns = 0; columns <= 200; ++columns) {
    EXPECT_LE(bar_line(halfway(), columns, false).size(), static_cast<size_t>(columns));
  }
  EXPECT_EQ(bar_line(halfway(), 74, false), "Pretagging  1,234/10,000  12.3 images/s  ETA 11 min 52 s  2 failed");
}

TEST(ProgressLine, LeavesOutWhatIsNotKnownYet) {
  const StageView view{.stage = "Checking", .progress = progress_of(10, 0, 0), .per_second = 0, .eta_seconds = -1};
  EXPECT_EQ(plain_line(view), "Checking: 0/10 (0 %)");
  EXPECT_THAT(json_line("started", view), HasSubstr(R"("images_per_second":null,"eta_seconds":null)"));
}

TEST(ProgressLine, IsAsciiWhereTheTerminalIs) {
  for (const char c : bar_line(halfway(), 120, false)) EXPECT_GE(c, ' ');
}

TEST(ProgressLine, NothingToDoIsAllDone) {
  const StageView view{.stage = "Pretagging", .progress = progress_of(0, 0, 0), .per_second = 0, .eta_seconds = -1};
  EXPECT_EQ(plain_line(view), "Pretagging: 0/0 (100 %)");
}

TEST(ProgressLine, SlowWorkShowsSecondsForEachImage) {
  const StageView view{.stage = "A", .progress = progress_of(9, 1, 0), .per_second = 0.05, .eta_seconds = 160};
  EXPECT_THAT(plain_line(view), HasSubstr("20 s/image"));
}

TEST(ProgressLine, ThousandsAreSeparated) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(1'000), "1,000");
  EXPECT_EQ(with_thousands(-1'234'567), "-1,234,567");
}

TEST(StageMeter, ResumedWorkIsDoneButNotInTheRate) {
  StageMeter meter("Pretagging", progress_of(1000, 500, 0), 0);
  for (int second = 1; second <= 100; ++second) meter.update(progress_of(1000, 500 + second, 0), second);
  const StageView view = meter.view(100);
  EXPECT_EQ(view.progress.done, 600);
  EXPECT_NEAR(view.per_second, 1, 0.05);
  EXPECT_NEAR(view.eta_seconds, 400, 20);
}

TEST(StageMeter, FailuresAreWorkToo) {
  StageMeter meter("Pretagging", progress_of(100, 0, 0), 0);
  for (int second = 1; second <= 50; ++second) meter.update(progress_of(100, 0, second), second);
  EXPECT_NEAR(meter.view(50).eta_seconds, 50, 3);
}

// A stage of 1,000 images at 100 a second, one call each.
void run_stage(ProgressSink& sink, ManualClock& clock) {
  sink.started("Pretagging", progress_of(1000, 0, 0));
  for (int i = 1; i <= 1000; ++i) {
    clock.advance(0.01);
    sink.advanced(progress_of(1000, i, 0));
  }
  sink.finished();
}

class ProgressDisplay : public testing::Test {
 protected:
  std::unique_ptr<ProgressSink> make(ProgressStyle style, bool interactive = false, bool colour = false) {
    return make_progress(style, {interactive, colour, false, [] { return 80; }}, out_, clock_);
  }
  std::string text() const { return out_.str(); }
  size_t count(char c) const { return static_cast<size_t>(std::ranges::count(out_.str(), c)); }

  ManualClock clock_;
  std::ostringstream out_;
};

TEST_F(ProgressDisplay, TheBarIsRedrawnAtMostTenTimesASecond) {
  run_stage(*make(ProgressStyle::kBar, true), clock_);
  EXPECT_GE(count('\r'), 80u);
  EXPECT_LE(count('\r'), 102u);  // ten seconds, the beginning and the end
  EXPECT_EQ(count('\n'), 1u);
  EXPECT_THAT(text(), testing::EndsWith("1,000/1,000  100 images/s\n"));
}

TEST_F(ProgressDisplay, MessagesScrollAwayAboveTheBar) {
  const auto sink = make(ProgressStyle::kBar, true);
  sink->started("Pretagging", progress_of(10, 0, 0));
  sink->warning("a.png: truncated");
  sink->finished();
  EXPECT_THAT(text(), HasSubstr("\r\x1b[Kwarning: a.png: truncated\n\r\x1b[KPretagging"));
}

TEST_F(ProgressDisplay, WarningsHaveColourOnlyWhereItIsWanted) {
  make(ProgressStyle::kBar, true, true)->warning("w");
  EXPECT_EQ(text(), "\x1b[33mwarning: \x1b[0mw\n");
}

TEST_F(ProgressDisplay, AnAbandonedBarLeavesTheCursorOnANewLine) {
  make(ProgressStyle::kBar, true)->started("Pretagging", progress_of(10, 0, 0));
  EXPECT_THAT(text(), testing::EndsWith("0/10\n"));
}

TEST_F(ProgressDisplay, AutoWritesPlainLinesWhereNobodyLooksOn) {
  run_stage(*make(ProgressStyle::kAuto), clock_);
  EXPECT_THAT(text(), Not(HasSubstr("\r")));
  EXPECT_THAT(text(), Not(HasSubstr("\x1b")));
  EXPECT_LE(count('\n'), 12u);  // at most one a second, the beginning and the end
  EXPECT_GE(count('\n'), 8u);
}

TEST_F(ProgressDisplay, SlowLinesComeEveryTenSeconds) {
  const auto sink = make(ProgressStyle::kLines);
  sink->started("Pretagging", progress_of(100'000, 0, 0));
  for (int second = 1; second <= 60; ++second) {
    clock_.advance(1);
    sink->advanced(progress_of(100'000, second, 0));
  }
  EXPECT_EQ(count('\n'), 7u);
}

TEST_F(ProgressDisplay, FileNamesDoNotRuleTheTerminal) {
  for (const ProgressStyle style : {ProgressStyle::kBar, ProgressStyle::kLines, ProgressStyle::kQuiet}) {
    const size_t before = text().size();
    make(style)->warning("a\x1b[31m\nb.png");
    EXPECT_THAT(text().substr(before), testing::EndsWith("a?[31m?b.png\n"));
  }
}

TEST(JsonErrorLine, TellsTheExitCode) {
  EXPECT_EQ(json_error_line("a \"b\"", 2), R"({"event":"error","message":"a \"b\"","exit_code":2})");
}

TEST_F(ProgressDisplay, JsonIsOneObjectALine) {
  const auto sink = make(ProgressStyle::kJson);
  run_stage(*sink, clock_);
  sink->info("done \"here\"\n\xFF");
  std::istringstream lines(text());
  std::vector<std::string> events;
  nlohmann::json last_of_stage;
  for (std::string line; std::getline(lines, line);) {
    const auto object = nlohmann::json::parse(line, nullptr, false);
    ASSERT_TRUE(object.is_object()) << line;
    events.push_back(object["event"]);
    if (events.back() == "finished") last_of_stage = object;
  }
  ASSERT_GE(events.size(), 4u);
  EXPECT_EQ(events.front(), "started");
  EXPECT_EQ(events.back(), "info");
  EXPECT_EQ(last_of_stage["done"], 1000);
  EXPECT_EQ(last_of_stage["total"], 1000);
  EXPECT_NEAR(last_of_stage["images_per_second"].get<double>(), 100, 1);
}

TEST_F(ProgressDisplay, QuietSaysWarningsOnly) {
  const auto sink = make(ProgressStyle::kQuiet);
  run_stage(*sink, clock_);
  sink->info("hello");
  EXPECT_EQ(text(), "");
  sink->warning("look here");
  EXPECT_EQ(text(), "warning: look here\n");
}

TEST(ProgressStyleName, IsOneOfFive) {
  EXPECT_EQ(progress_style_named("json"), ProgressStyle::kJson);
  EXPECT_EQ(progress_style_named("quiet"), ProgressStyle::kQuiet);
  EXPECT_EQ(progress_style_named("JSON"), std::nullopt);
}

}  // namespace
}  // namespace pretag
