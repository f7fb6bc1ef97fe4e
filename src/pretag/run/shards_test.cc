#include "pretag/run/shards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pretag/io/file_system.h"
#include "pretag/run/run_folder.h"
#include "support/temporary_folder.h"

namespace pretag {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const RunIdentity kIdentity = {{"input folder", "/photos"}, {"precision", "int8"}};

class Shards : public ::testing::Test {
 protected:
  Status prepare(const Shard& shard) { return prepare_shard_folder(files_, run_, shard); }
  Status claim(const Shard& shard, const RunIdentity& identity = kIdentity) {
    return claim_shards(files_, run_, shard, identity);
  }
  // With a ledger that has one image, done or not.
  void make(const Shard& shard, bool done, bool reported) {
    ASSERT_TRUE(prepare(shard).ok());
    ASSERT_TRUE(claim(shard).ok());
    const auto ledger = Ledger::open(shard_folder(run_, shard) + "/" + kLedgerFile);
    ASSERT_TRUE(ledger.ok());
    ASSERT_TRUE((*ledger)->add_inputs({"a.jpg"}).ok());
    ImageResult result;
    result.info.filename = "a.jpg";
    const std::vector<ImageResult> results(done ? 1 : 0, result);
    ASSERT_TRUE((*ledger)->record(results, {}).ok());
    if (!reported) return;
    const RunOutputs outputs{files_, shard_folder(run_, shard)};
    RunTimer timer;
    const RunRequest request{.input = "/photos", .run_folder = run_, .model_path = "", .config = {}};
    const Status finished = finish_shard({request, outputs, **ledger, nullptr, {}, {}, 1, timer});
    ASSERT_TRUE(finished.ok()) << finished.error().message;
  }

  TemporaryFolder folder_;
  FileSystem& files_ = local_file_system();
  const std::string run_ = folder_ / "run";
};

TEST_F(Shards, AgreeWithTheFirst) {
  ASSERT_TRUE(prepare({1, 3}).ok());
  ASSERT_TRUE(claim({1, 3}).ok());
  ASSERT_TRUE(prepare({2, 3}).ok());
  EXPECT_TRUE(claim({2, 3}).ok());
  EXPECT_TRUE(claim({1, 3}).ok()) << "a shard that is run again";

  const Status other_count = claim({2, 4});
  ASSERT_FALSE(other_count.ok());
  EXPECT_EQ(other_count.error().code, ErrorCode::kConflict);
  EXPECT_THAT(other_count.error().message, AllOf(HasSubstr("'3'"), HasSubstr("'4'")));

  const Status other_precision = claim({2, 3}, {{"input folder", "/photos"}, {"precision", "bf16"}});
  ASSERT_FALSE(other_precision.ok());
  EXPECT_THAT(other_precision.error().message,
              AllOf(HasSubstr("precision 'int8'"), HasSubstr("shard 2 of 3 has 'bf16'")));
}

TEST_F(Shards, NeedAnInputWhoseNameIsText) {
  ASSERT_TRUE(prepare({1, 3}).ok());
  const Status claimed = claim({1, 3}, {{"input folder", "/photos-\xe9"}});
  ASSERT_FALSE(claimed.ok());
  EXPECT_THAT(claimed.error().message, AllOf(HasSubstr("input folder"), HasSubstr("is not UTF-8")));
}

TEST_F(Shards, DoNotScatterFilesOverOtherThings) {
  folder_.write("run/holiday.jpg", "x");
  const Status prepared = prepare({1, 3});
  ASSERT_FALSE(prepared.ok());
  EXPECT_THAT(prepared.error().message, HasSubstr("'holiday.jpg'"));
}

TEST_F(Shards, StandBesideWhatWasMergedOfThem) {
  make({1, 1}, true, true);
  folder_.write("run/report.html", "x");
  EXPECT_TRUE(prepare({1, 1}).ok());
}

TEST_F(Shards, AreFoundWhenAllAreDone) {
  make({1, 2}, true, true);
  make({2, 2}, true, true);
  const auto found = find_finished_shards(files_, run_);
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(found->shards, (std::vector<Shard>{{1, 2}, {2, 2}}));
  EXPECT_EQ(found->identity, kIdentity);
}

TEST_F(Shards, AreMissedByName) {
  make({1, 4}, true, true);
  make({2, 4}, false, false);
  make({3, 4}, true, false);  // stopped before its end
  const auto found = find_finished_shards(files_, run_);
  ASSERT_FALSE(found.ok());
  EXPECT_THAT(found.error().message, AllOf(HasSubstr("3 of 4 shards are not done"), HasSubstr("2/4 (1 images to go)"),
                                           HasSubstr("3/4 (not finished)"), HasSubstr("4/4 (has not begun)")));
}

TEST_F(Shards, AreNotFoundInOtherFolders) {
  const auto found = find_finished_shards(files_, run_);
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(found.error().message, AllOf(HasSubstr(run_), HasSubstr("--shard")));
}

TEST_F(Shards, SayWhenTheirClaimIsDamaged) {
  for (const char* text : {"", "{", "[]", R"({"version": 1})", R"({"version": 1, "count": 0, "identity": {}})",
                           R"({"version": 1, "count": 99999999, "identity": {}})",
                           R"({"version": 1, "count": 2, "identity": {"precision": 8}})"}) {
    folder_.write("run/shards/shards.json", text);
    const auto found = find_finished_shards(files_, run_);
    ASSERT_FALSE(found.ok()) << text;
    EXPECT_EQ(found.error().code, ErrorCode::kCorrupt) << text;
    EXPECT_THAT(found.error().message, HasSubstr("shards.json"));
  }
  folder_.write("run/shards/shards.json", R"({"version": 2})");
  EXPECT_EQ(find_finished_shards(files_, run_).error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace pretag
