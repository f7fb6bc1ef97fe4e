#include "pretag/run/own_embeddings.h"

#include <gmock/gmock.h>

#include "support/memory_file_system.h"

namespace pretag {
namespace {

using testing::HasSubstr;

struct Messages : SilentProgress {
  void info(const std::string& message) override { text += message + "\n"; }
  void warning(const std::string& message) override { text += message + "\n"; }
  std::string text;
};

class OwnEmbeddings : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Ledger::open(":memory:");
    ASSERT_TRUE(opened) << opened.error().message;
    ledger_ = *std::move(opened);
    ImageResult a, b;
    a.info.filename = "a.jpg", b.info.filename = "b/b.jpg";
    a.embedding = b.embedding = Embedding(128, 0.25f);
    ASSERT_TRUE(ledger_->record({a, b}, {}).ok());
  }

  Status take(const std::string& csv, bool a_part = false) {
    EXPECT_TRUE(files_.write_atomically("own.csv", csv).ok());
    return take_own_embeddings({files_, "own.csv", a_part}, *ledger_, messages_);
  }

  std::vector<Embedding> embeddings() const {
    std::vector<Embedding> all;
    EXPECT_TRUE(ledger_->for_each_result([&](const auto& r) { return all.push_back(r.embedding), Status(); }).ok());
    return all;
  }

  MemoryFileSystem files_;
  Messages messages_;
  std::unique_ptr<Ledger> ledger_;
};

TEST_F(OwnEmbeddings, AreScaledToUnitLength) {
  ASSERT_TRUE(take("filenames,embedding_0,embedding_1,labels\nb/b.jpg,3,4,0\na.jpg,0,-5,0\nother.jpg,1,1,0\n").ok());
  EXPECT_EQ(embeddings(), (std::vector<Embedding>{{0, -1}, {0.6f, 0.8f}}));
  EXPECT_EQ(*embedding_columns(*ledger_), 2u);
  EXPECT_THAT(messages_.text, HasSubstr("own.csv: 2 numbers each, for 2 of 2 images"));
}

TEST_F(OwnEmbeddings, MaskedRowsAreLeftOutAndSelectedOnesSayNothing) {
  ASSERT_TRUE(take("filenames,embedding_0,masked,selected,labels\na.jpg,1,0,1,0\nb/b.jpg,1,1,0,0\n").ok());
  EXPECT_EQ(embeddings(), (std::vector<Embedding>{{1}, {}}));
  EXPECT_THAT(messages_.text, HasSubstr("'selected'"));
}

TEST_F(OwnEmbeddings, WithoutThemTheNetworksCountAgain) {
  ASSERT_TRUE(take("filenames,embedding_0,labels\na.jpg,1,0\n").ok());
  EXPECT_TRUE(*has_own_embeddings(*ledger_));
  ASSERT_TRUE(take_own_embeddings({files_, ""}, *ledger_, messages_).ok());
  EXPECT_FALSE(*has_own_embeddings(*ledger_));
  EXPECT_EQ(embeddings()[1].size(), 128u);
  EXPECT_EQ(*embedding_columns(*ledger_), 128u);
}

TEST_F(OwnEmbeddings, ADamagedFileIsNamedAndNothingOfItStays) {
  const Status damaged = take("filenames,embedding_0,labels\na.jpg,1,0\nb/b.jpg,,0\n");
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().message, "own.csv: line 3: '' is no finite number");
  EXPECT_FALSE(*has_own_embeddings(*ledger_));
  EXPECT_EQ(embeddings()[0].size(), 128u);
}

TEST_F(OwnEmbeddings, AfterAnErrorTheEarlierOnesAreThere) {
  ASSERT_TRUE(take("filenames,embedding_0,labels\na.jpg,1,0\n").ok());
  EXPECT_FALSE(take("filenames,embedding_0,embedding_1,labels\na.jpg,1,2,0\nb/b.jpg,,0\n").ok());
  EXPECT_EQ(embeddings(), (std::vector<Embedding>{{1}, {}}));
  EXPECT_EQ(*embedding_columns(*ledger_), 1u);
}

TEST_F(OwnEmbeddings, OfSeveralRowsOfAnImageTheLastCounts) {
  ASSERT_TRUE(
      take("filenames,embedding_0,masked,labels\na.jpg,1,0,0\nb/b.jpg,1,0,0\na.jpg,-1,0,0\nb/b.jpg,1,True,0\n").ok());
  EXPECT_EQ(embeddings(), (std::vector<Embedding>{{-1}, {}}));
  EXPECT_THAT(messages_.text, HasSubstr("for 1 of 2 images"));
}

TEST_F(OwnEmbeddings, TheirLengthIsKnownFromTheHeader) {
  ASSERT_TRUE(
      files_.write_atomically("wide.csv", "filenames,embedding_0,embedding_1,embedding_2,labels\ndamaged").ok());
  EXPECT_EQ(*length_of_embeddings("wide.csv", files_), 3u);
  EXPECT_EQ(*length_of_embeddings("", files_), 128u);
}

TEST_F(OwnEmbeddings, WhetherThereAreAnyIsToldOfTheNetworksToo) {
  EXPECT_TRUE(*any_embedding(*ledger_));
  ASSERT_TRUE(take("filenames,embedding_0,labels\nnone.jpg,1,0\n", true).ok());
  EXPECT_FALSE(*any_embedding(*ledger_));
  EXPECT_TRUE(*any_embedding_of_a_network(*ledger_));
}

TEST_F(OwnEmbeddings, OfOtherImagesAreAMistakeUnlessThisIsAPart) {
  const std::string others = "filenames,embedding_0,labels\n/data/a.jpg,1,0\n";
  const Status refused = take(others);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("none of its 1 rows is of an image of this run, the first is of "
                                                 "'/data/a.jpg'"));
  EXPECT_TRUE(take(others, true).ok());
  EXPECT_TRUE(*has_own_embeddings(*ledger_));
}

TEST_F(OwnEmbeddings, AreLookedForInTheLightlyFolder) {
  ASSERT_TRUE(files_.make_directories("in/.lightly/embeddings").ok());
  ASSERT_TRUE(files_.write_atomically("in/.lightly/embeddings/clip.csv", "").ok());
  EXPECT_EQ(*find_own_embeddings("clip.csv", "in/.lightly", files_), "in/.lightly/embeddings/clip.csv");
  EXPECT_EQ(*find_own_embeddings("", "in/.lightly", files_), "");
  const auto missing = find_own_embeddings("dino.csv", "in/.lightly", files_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "embeddings: there is neither dino.csv nor in/.lightly/embeddings/dino.csv");
}

}  // namespace
}  // namespace pretag
