#include "pretag/run/selection_pass.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "pretag/run/selection_settings.h"
#include "pretag/source/relevant_filenames.h"
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
    for (const char* name : {"drive/a.jpg", "drive/b.jpg", "drive/d.jpg", "drive/e.jpg"}) record(name, {});
  }

  Result<Selection> select() {
    PRETAG_ASSIGN(const auto settings, selection_config_of(config_, files_));
    PRETAG_ASSIGN(const SelectionSources sources, selection_sources(*ledger_, files_));
    return select_from_ledger(*ledger_, {*settings, config_, sources, pool_, 1, nullptr});
  }

  void record(const std::string& name, const Embedding& embedding, const std::string& pixels = "") {
    ImageResult result;
    result.info.filename = name;
    result.info.content_hash = pixels.empty() ? name : pixels;
    result.embedding = embedding;
    ASSERT_TRUE(ledger_->record({result}, {}).ok());
  }
  void own_embeddings(const std::vector<OwnEmbedding>& embeddings) {
    const auto fill = [&](OwnEmbeddingsAdder& adder) -> Result<std::string> {
      for (const OwnEmbedding& own : embeddings) PRETAG_TRY(adder.add(own));
      return std::string("1 checksum");
    };
    ASSERT_TRUE(ledger_->replace_own_embeddings(fill).ok());
  }
  static std::vector<std::string> names_of(const Selection& selection) {
    std::vector<std::string> names;
    for (const auto& selected : selection.selected) names.push_back(selected.filename);
    return names;
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

TEST_F(SequencesAreSelected, WithoutAGapWhereAVideoOrAFolderCouldNotBeReadOrAListIsMistaken) {
  ASSERT_TRUE(ledger_
                  ->record({}, {{"drive/", "cannot be read"},
                                {"drive/c.mp4", "is damaged"},
                                {"drive/c/", "cannot be read"},
                                {"drive/c.jpg", kNotInInput}})
                  .ok());
  const auto selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_EQ(selection->selected.size(), 4u);
  EXPECT_THAT(selection->notes, testing::IsEmpty());
}

// What is left over after the last whole run, and was selected before, keeps away what is like it.
TEST_F(SequencesAreSelected, FarFromWhatThePoolHasOutsideOfThem) {
  config_.selection_n_samples = 2;
  config_.selection_strategies = R"([{"input": {"type": "EMBEDDINGS"}, "strategy": {"type": "DIVERSITY"}}])";
  const Embedding first = {1, 0}, second = {0, 1};
  const std::vector<std::pair<std::string, Embedding>> images = {
      {"drive/a.jpg", first}, {"drive/b.jpg", first}, {"drive/d.jpg", second}, {"drive/e.jpg", second}};
  for (const auto& [name, embedding] : images) record(name, embedding);
  for (const Embedding& pooled : {first, second}) {
    record("drive/z.jpg", pooled);
    pool_ = {.columns = 2, .filenames = {"drive/z.jpg"}, .values = pooled, .masked = {0}, .selected = {0}};
    const auto selection = select();
    ASSERT_TRUE(selection) << selection.error().message;
    EXPECT_THAT(selection->preselected, testing::ElementsAre("drive/z.jpg"));
    const bool is_first = pooled == first;
    EXPECT_THAT(names_of(*selection), testing::ElementsAre(is_first ? "drive/d.jpg" : "drive/a.jpg",
                                                           is_first ? "drive/e.jpg" : "drive/b.jpg"));
  }
}

TEST_F(SequencesAreSelected, WithAGapWhereAnImageIsMasked) {
  own_embeddings({{"drive/b.jpg", {}}, {"drive/e.jpg", {1}}});
  const auto selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_THAT(names_of(*selection), testing::UnorderedElementsAre("drive/d.jpg", "drive/e.jpg"));
}

// Neither selected nor of any influence, also where nothing needs an embedding.
class MaskedImages : public SequencesAreSelected {
 protected:
  void SetUp() override {
    SequencesAreSelected::SetUp();
    config_.selected_sequence_length = 1;
    config_.selection_n_samples = 100;
    own_embeddings({{"drive/b.jpg", {}}, {"drive/e.jpg", {1}}});
  }
};

TEST_F(MaskedImages, AreLeftOutAndThoseWithoutARowAreNot) {
  const auto selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_THAT(names_of(*selection), testing::UnorderedElementsAre("drive/a.jpg", "drive/d.jpg", "drive/e.jpg"));
  EXPECT_EQ(selection->inputs, 4);
  EXPECT_THAT(selection->notes, testing::Contains("drive/b.jpg is masked in the file of 'embeddings', and left out"));
}

TEST_F(MaskedImages, AreNotCountedByAShare) {
  own_embeddings({{"drive/a.jpg", {1}}, {"drive/b.jpg", {}}, {"drive/e.jpg", {}}});
  config_.selection_n_samples = -1;
  config_.selection_proportion_samples = 0.5;
  const auto selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_EQ(selection->requested, 1);
}

TEST_F(MaskedImages, AreNotKeptInPlaceOfTheirCopies) {
  config_.remove_exact_duplicates = true;
  record("drive/a.jpg", {}, "same pixels");
  record("drive/b.jpg", {}, "same pixels");
  own_embeddings({{"drive/a.jpg", {}}, {"drive/e.jpg", {1}}});
  const auto selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_THAT(names_of(*selection), testing::UnorderedElementsAre("drive/b.jpg", "drive/d.jpg", "drive/e.jpg"));
}

}  // namespace
}  // namespace pretag
