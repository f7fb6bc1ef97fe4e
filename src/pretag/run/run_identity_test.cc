#include "pretag/run/run_identity.h"

#include <gmock/gmock.h>

namespace pretag {
namespace {

using testing::HasSubstr;

class ClaimLedger : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Ledger::open(":memory:");
    ASSERT_TRUE(opened) << opened.error().message;
    ledger_ = *std::move(opened);
  }

  std::unique_ptr<Ledger> ledger_;
};

TEST_F(ClaimLedger, TheSameRunMayGoOn) {
  ASSERT_TRUE(claim_ledger(*ledger_, {{"model", "a"}, {"precision", "f32"}}).ok());
  ASSERT_TRUE(ledger_->add_inputs({"image.jpg"}).ok());
  EXPECT_TRUE(claim_ledger(*ledger_, {{"model", "a"}, {"precision", "f32"}}).ok());
}

TEST_F(ClaimLedger, AnotherRunIsRefusedWithWhatDiffers) {
  ASSERT_TRUE(claim_ledger(*ledger_, {{"model", "a"}, {"precision", "f32"}}).ok());
  ASSERT_TRUE(ledger_->add_inputs({"image.jpg"}).ok());
  const Status refused = claim_ledger(*ledger_, {{"model", "a"}, {"precision", "bf16"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_THAT(refused.error().message, HasSubstr("precision 'f32', and this one has 'bf16'"));
  EXPECT_EQ(**ledger_->fact("identity.precision"), "f32");
}

TEST_F(ClaimLedger, ARunThatFoundNoImagesDoesNotBind) {
  ASSERT_TRUE(claim_ledger(*ledger_, {{"input folder", "/mistyped"}}).ok());
  ASSERT_TRUE(claim_ledger(*ledger_, {{"input folder", "/photos"}}).ok());
  ASSERT_TRUE(ledger_->add_inputs({"image.jpg"}).ok());
  EXPECT_FALSE(claim_ledger(*ledger_, {{"input folder", "/mistyped"}}));
  EXPECT_TRUE(claim_ledger(*ledger_, {{"input folder", "/photos"}}).ok());
}

TEST_F(ClaimLedger, ActivationRangesBindWithTheFirstResult) {
  ASSERT_TRUE(claim_ledger(*ledger_, {{kActivationRanges, kMeasuredByRun}}).ok());
  ASSERT_TRUE(ledger_->add_inputs({"image.jpg", "other.jpg"}).ok());
  // Stopped while it measured, and the model was measured for good, as the run had advised.
  ASSERT_TRUE(claim_ledger(*ledger_, {{kActivationRanges, "3f9"}}).ok());
  EXPECT_EQ(**ledger_->fact(kActivationRangesFact), "3f9");

  ImageResult result;
  result.info.filename = "image.jpg";
  ASSERT_TRUE(ledger_->record({result}, {}).ok());
  const Status refused = claim_ledger(*ledger_, {{kActivationRanges, kMeasuredByRun}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_THAT(refused.error().message, HasSubstr("<model>.ranges.json"));
}

}  // namespace
}  // namespace pretag
