#include "pretag/formats/embeddings_csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>

namespace pretag {
namespace {

using testing::ElementsAre;

struct Csv {
  std::string text;
  EmbeddingsCsvWriter writer;
  explicit Csv(size_t dimension)
      : writer([this](std::string_view piece) { return text += piece, Status(); }, dimension) {}
};

TEST(EmbeddingsCsv, HasAHeaderAndALineAnImage) {
  Csv csv(3);
  ASSERT_TRUE(csv.writer.begin().ok());
  ASSERT_TRUE(csv.writer.add("a/b.jpg", {0.25f, -1, 0}).ok());
  ASSERT_TRUE(csv.writer.add("é.jpg", {1e-7f, 0.5f, 0.1f}).ok());
  EXPECT_EQ(csv.text,
            "filenames,embedding_0,embedding_1,embedding_2,labels\n"
            "a/b.jpg,0.25,-1,0,0\n"
            "é.jpg,1e-07,0.5,0.1,0\n");
}

TEST(EmbeddingsCsv, ValuesReadBackExactly) {
  Csv csv(1);
  const float value = 1.0f / 3;
  ASSERT_TRUE(csv.writer.add("a", {value}).ok());
  EXPECT_EQ(std::strtof(csv.text.c_str() + 2, nullptr), value);
}

TEST(EmbeddingsCsv, NamesThatTheFormatCannotHoldAreSkippedAndNamed) {
  Csv csv(1);
  for (const char* name : {"a,b.jpg", "a\nb.jpg", "a\rb.jpg", "a\"b.jpg"}) ASSERT_TRUE(csv.writer.add(name, {1}).ok());
  ASSERT_TRUE(csv.writer.add("no embedding.jpg", {}).ok());
  EXPECT_EQ(csv.text, "");
  EXPECT_THAT(csv.writer.skipped(), ElementsAre("a,b.jpg", "a\nb.jpg", "a\rb.jpg", "a\"b.jpg"));
}

TEST(EmbeddingsCsv, AnEmbeddingOfAnotherSizeOrNotFiniteIsAnError) {
  Csv csv(2);
  EXPECT_EQ(csv.writer.add("a.jpg", {1}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(csv.writer.add("a.jpg", {1, std::numeric_limits<float>::quiet_NaN()}).ok());
}

}  // namespace
}  // namespace pretag
