#include "pretag/run/selection_pass.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "pretag/run/selection_settings.h"
#include "support/memory_file_system.h"

namespace pretag {
namespace {

// Two images in a sequence, of any.
class SequencesAreSelected : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Ledger::open(":memory:");
    ASSERT_TRUE(opened) << opened.error().message;
    ledger_ = *std::move(opened);
    config_.selected_sequence_length = 2;
    config_.selection_n_samples = 4;
    config_.selection_strategies = R"([{"input": {"type": "RANDOM"}, "strategy": {"type": "WEIGHTS"}}])";
    for (const char* name : {"drive/a.jpg", "drive/b.jpg", "drive/d.jpg", "drive/e.jpg"}) {
      ImageResult result;
      result.info.filename = name;
      ASSERT_TRUE(ledger_->record({result}, {}).ok());
    }
  }

  Result<Selection> select() {
    PRETAG_ASSIGN(const auto settings, selection_config_of(config_, files_));
    PRETAG_ASSIGN(const SelectionSources sources, selection_sources(*ledger_, files_));
    return select_from_ledger(*ledger_, {*settings, config_, sources, pool_, 1, nullptr});
  }

  MemoryFileSystem files_;
  std::unique_ptr<Ledger> ledger_;
  RunConfig config_;
  EmbeddingsTable pool_;
};

TEST_F(SequencesAreSelected, WithAGapWhereAnImageCouldNotBeRead) {
  ASSERT_TRUE(ledger_->record({}, {{"drive/c.jpg", "is damaged"}}).ok());
  const auto selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_EQ(selection->selected.size(), 2u);
  EXPECT_TRUE(std::ranges::any_of(selection->notes, [](const std::string& note) {
    return note.starts_with("1 images could not be read");
  })) << testing::PrintToString(selection->notes);
}

TEST_F(SequencesAreSelected, WithoutAGapWhereAVideoOrAFolderCouldNotBeRead) {
  ASSERT_TRUE(
      ledger_->record({}, {{"drive/", "cannot be read"}, {"drive/c.mp4", "is damaged"}, {"drive/c/", "cannot be read"}})
          .ok());
  const auto selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_EQ(selection->selected.size(), 4u);
  EXPECT_THAT(selection->notes, testing::IsEmpty());
}

}  // namespace
}  // namespace pretag
