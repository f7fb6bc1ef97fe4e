#include "pretag/bucket/renewed.h"

#include <gtest/gtest.h>

namespace pretag {
namespace {

struct Token {
  int number = 0;
  int64_t expires = 0;
};

class RenewedTest : public ::testing::Test {
 protected:
  // The number of the token that is good now; 0 for an error.
  int number() {
    if (!renewed_) renewed_.emplace([this] { return now_; }, ahead_);
    const auto token = renewed_->get([this]() -> Result<Token> {
      ++looked_;
      now_ += takes_;
      if (away_) return Error{ErrorCode::kUnavailable, "away"};
      return Token{looked_, now_ + valid_};
    });
    return token ? token->number : 0;
  }

  int64_t now_ = 1'000'000, valid_ = 3600, takes_ = 0, ahead_ = kGoodForARequest;
  bool away_ = false;
  int looked_ = 0;
  std::optional<Renewed<Token>> renewed_;
};

TEST_F(RenewedTest, AreFetchedOnceAndAgainBeforeTheyExpire) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(number(), 1);
  now_ += 3299;
  EXPECT_EQ(number(), 1);
  now_ += 1;
  EXPECT_EQ(number(), 2);
}

// As a machine's service may have no newer one until the last minutes.
TEST_F(RenewedTest, ThatExpireSoonAreNotFetchedForEveryRequest) {
  valid_ = 120;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(number(), 1);
  now_ += 9;
  EXPECT_EQ(number(), 1);
  now_ += 1;
  EXPECT_EQ(number(), 2);
}

class RenewedAhead : public RenewedTest {
 protected:
  RenewedAhead() { ahead_ = 3000; }
};

TEST_F(RenewedAhead, AreGoodForAsLongAsIsAskedFor) {
  EXPECT_EQ(number(), 1);
  now_ += 599;
  EXPECT_EQ(number(), 1);
  now_ += 1;
  EXPECT_EQ(number(), 2);
}

TEST_F(RenewedAhead, ThatNeverLastAsLongAreFetchedEveryFewMinutes) {
  valid_ = 900;
  EXPECT_EQ(number(), 1);
  now_ += 299;
  EXPECT_EQ(number(), 1);
  now_ += 1;
  EXPECT_EQ(number(), 2);
  valid_ = 400;  // only near its end it is not good for a request any more
  now_ += 300;
  EXPECT_EQ(number(), 3);
  now_ += 99;
  EXPECT_EQ(number(), 3);
  now_ += 1;
  EXPECT_EQ(number(), 4);
}

TEST_F(RenewedAhead, ServeWithoutManyTriesWhileThereAreNoNewerOnes) {
  EXPECT_EQ(number(), 1);
  away_ = true;
  for (now_ += 600; looked_ < 3; ++now_) ASSERT_EQ(number(), 1);
  EXPECT_EQ(now_, 1'000'000 + 600 + 300 + 1);
}

TEST_F(RenewedTest, ThatCannotBeHadAreNotAskedForByEverybody) {
  away_ = true;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(number(), 0);
  EXPECT_EQ(looked_, 1);
  away_ = false;
  now_ += 10;
  EXPECT_EQ(number(), 2);
}

TEST_F(RenewedTest, ThatAreWaitedForInVainAreNotWaitedForByEverybodyInTurn) {
  away_ = true;
  takes_ = 10;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(number(), 0);
  EXPECT_EQ(looked_, 1);
}

TEST_F(RenewedTest, AreLookedForAtOnceWhenTheyWereRefused) {
  EXPECT_EQ(number(), 1);
  renewed_->forget();
  EXPECT_EQ(number(), 2);
}

TEST_F(RenewedTest, ServeAsLongAsTheyAreGood) {
  EXPECT_EQ(number(), 1);
  away_ = true;
  now_ += 3599;
  EXPECT_EQ(number(), 1);
  now_ += 1;
  EXPECT_EQ(number(), 0);
}

}  // namespace
}  // namespace pretag
