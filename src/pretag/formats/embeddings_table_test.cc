#include "pretag/formats/embeddings_table.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace pretag {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

EmbeddingsTable read(std::string_view text) {
  auto table = read_embeddings_csv(text);
  EXPECT_TRUE(table) << (table ? "" : table.error().message);
  return table ? *std::move(table) : EmbeddingsTable{};
}

TEST(EmbeddingsTableFile, IsReadAsItIsWritten) {
  const auto table = read("filenames,embedding_0,embedding_1,labels\na/b.jpg,0.5,-1e-3,0\nc.jpg,1,0,7\n");
  EXPECT_EQ(table.columns, 2u);
  EXPECT_THAT(table.filenames, ElementsAre("a/b.jpg", "c.jpg"));
  EXPECT_THAT(table.values, ElementsAre(0.5f, -1e-3f, 1, 0));
  EXPECT_THAT(table.masked, ElementsAre(0, 0));
  EXPECT_THAT(table.selected, ElementsAre(0, 0));
}

TEST(EmbeddingsTableFile, MaskedSelectedAndScoresMayStandBehind) {
  const auto table =
      read("filenames,embedding_0,masked,selected,labels,uncertainty\na,1,0,1,0,0.5\nb,2,1,0,0,x\nc,3, 1 ,0,0,\n");
  EXPECT_THAT(table.values, ElementsAre(1, 2, 3));
  EXPECT_THAT(table.masked, ElementsAre(0, 1, 1));
  EXPECT_THAT(table.selected, ElementsAre(1, 0, 0));
}

TEST(EmbeddingsTableFile, LineEndsOfEitherKindAndNoneAtTheEnd) {
  const auto table = read("filenames,embedding_0,labels\r\na,1,0\r\nb,2,0");
  EXPECT_THAT(table.filenames, ElementsAre("a", "b"));
  EXPECT_THAT(table.values, ElementsAre(1, 2));
  EXPECT_TRUE(read("filenames,embedding_0,labels\n").filenames.empty());
}

TEST(EmbeddingsTableFile, WhatIsTooSmallForAFloatIsZero) {
  EXPECT_THAT(read("filenames,embedding_0,embedding_1\na,1e-60,-1e-42\n").values, ElementsAre(0, -1e-42f));
}

struct BadTable {
  const char *text, *complaint;
};
class RefusedTable : public testing::TestWithParam<BadTable> {};

TEST_P(RefusedTable, NamesTheLine) {
  const auto table = read_embeddings_csv(GetParam().text);
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(table.error().message, HasSubstr(GetParam().complaint));
  EXPECT_EQ(table.error().message.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(EmbeddingsTableFile, RefusedTable,
                         testing::Values(BadTable{"", "line 1: the first column"},
                                         BadTable{"file,embedding_0\n", "line 1: the first column"},
                                         BadTable{"filenames,labels\n", "line 1: there is no column 'embedding_0'"},
                                         BadTable{"filenames,embedding_1\n", "no column 'embedding_0'"},
                                         BadTable{"filenames,embedding_0,labels,embedding_1\n", "must stand together"},
                                         BadTable{"filenames,embedding_0\na,1\n\nb,2\n", "line 3: an empty row"},
                                         BadTable{"filenames,embedding_0\na,1,2\n",
                                                  "line 2: 3 fields, but the header has 2"},
                                         BadTable{"filenames,embedding_0,embedding_1\na,1\n", "line 2: 2 fields"},
                                         BadTable{"filenames,embedding_0\n,1\n", "line 2: there is no file name"},
                                         BadTable{"filenames,embedding_0\na,\n", "line 2: '' is no finite number"},
                                         BadTable{"filenames,embedding_0\na,nan\n", "'nan' is no finite number"},
                                         BadTable{"filenames,embedding_0\na,inf\n", "'inf'"},
                                         BadTable{"filenames,embedding_0\na,1e39\n", "'1e39'"},
                                         BadTable{"filenames,embedding_0\na,1x\n", "'1x'"}));

TEST(EmbeddingsTableFile, TooManyColumnsAreRefused) {
  EXPECT_THAT(read_embeddings_csv("filenames" + std::string(100'000, ',')).error().message,
              HasSubstr("too many columns"));
}

// As for_each_embedding gives them.
Result<EmbeddingsTable> read_by_rows(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  const auto file = memory_reader({bytes.begin(), bytes.end()});
  EmbeddingsTable table;
  PRETAG_TRY(for_each_embedding(*file, [&](const EmbeddingsRow& row) -> Status {
    table.columns = row.values.size();
    table.filenames.push_back(row.filename);
    table.values.insert(table.values.end(), row.values.begin(), row.values.end());
    table.masked.push_back(row.masked ? 1 : 0);
    table.selected.push_back(row.selected ? 1 : 0);
    return {};
  }));
  return table;
}

TEST(EmbeddingsTableFile, RowByRowItIsTheSame) {
  std::string text = "filenames,embedding_0,embedding_1,masked,selected,labels\r\n";
  // Several of the pieces in which the file is read, with lines that lie across their ends.
  for (int i = 0; text.size() < (size_t{5} << 20) / 2; ++i) {
    text += fmt::format("folder/{}{}.jpg,{},{},{},{},0{}", std::string(static_cast<size_t>(i % 97), 'x'), i, 0.5 * i,
                        -i, i % 3 == 0 ? 1 : 0, i % 5 == 0 ? 1 : 0, i % 2 == 0 ? "\n" : "\r\n");
  }
  for (const std::string& whole : {text, text.substr(0, text.size() - 2)}) {
    const auto expected = read_embeddings_csv(whole), found = read_by_rows(whole);
    ASSERT_TRUE(expected.ok()) << expected.error().message;
    ASSERT_TRUE(found.ok()) << found.error().message;
    EXPECT_EQ(found->filenames, expected->filenames);
    EXPECT_EQ(found->values, expected->values);
    EXPECT_EQ(found->masked, expected->masked);
    EXPECT_EQ(found->selected, expected->selected);
  }
}

TEST(EmbeddingsTableFile, RowByRowErrorsNameTheLine) {
  const std::string header = "filenames,embedding_0,labels\n";
  EXPECT_EQ(read_by_rows(header + "a.jpg,1,0\nb.jpg,x,0\n").error().message, "line 3: 'x' is no finite number");
  EXPECT_EQ(read_by_rows("").error().message, read_embeddings_csv("").error().message);
  EXPECT_EQ(read_by_rows(header + "a.jpg,1,0\n" + std::string(size_t{3} << 20, 'a')).error().message,
            "line 3: longer than a mebibyte");
}

}  // namespace
}  // namespace pretag
