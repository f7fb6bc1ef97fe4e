#include "pretag/nn/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "support/pickle_writer.h"

namespace pretag {
namespace {

using ::testing::HasSubstr;
using Kind = PickleValue::Kind;
using namespace std::string_literals;

constexpr std::array<std::string_view, 1> kAllowed = {"shop.make"};

Result<Pickle> parse(const std::string& bytes) { return parse_pickle(as_bytes(bytes), kAllowed); }

std::string error_of(const std::string& bytes) {
  const auto parsed = parse(bytes);
  return parsed.ok() ? "no error" : parsed.error().message;
}

int64_t integer_of(const std::string& opcodes) {
  const auto parsed = parse(opcodes + ".");
  EXPECT_TRUE(parsed.ok()) << parsed.error().message;
  return parsed.ok() ? parsed->top().integer : -999;
}

TEST(Pickle, ReadsNumbers) {
  EXPECT_EQ(integer_of("K\xFF"), 255);
  EXPECT_EQ(integer_of("M\x01\x02"), 0x201);
  EXPECT_EQ(integer_of("J\xFE\xFF\xFF\xFF"), -2);
  EXPECT_EQ(integer_of("\x8A\x00"s), 0);
  EXPECT_EQ(integer_of("\x8A\x01\xFF"), -1);
  EXPECT_EQ(integer_of("\x8A\x05\x00\x00\x00\x00\x01"s), int64_t{1} << 32);
  EXPECT_EQ(integer_of("\x8A\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F"), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(integer_of("\x88"), 1);
  EXPECT_EQ(parse("G\x3F\xF8\x00\x00\x00\x00\x00\x00."s)->top().real, 1.5);
}

TEST(Pickle, ReadsContainersAndReferences) {
  // {"a": [1, 2], "b": ("x", None)}, with the list remembered and put under "c" as well.
  PickleWriter writer;
  writer.raw("}").mark().text("a").raw("]q\x05").mark().integer(1).integer(2).raw("e");
  writer.text("b").raw("U\x01x").none().raw("\x86").text("c").raw("h\x05").set_items();
  const auto parsed = parse(writer.finish());
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  const PickleValue* list = parsed->find(parsed->top(), "a");
  ASSERT_NE(list, nullptr);
  EXPECT_EQ(list->kind, Kind::kList);
  EXPECT_EQ((*parsed)[list->items[1]].integer, 2);
  EXPECT_EQ(parsed->find(parsed->top(), "c"), list);
  const PickleValue* tuple = parsed->find(parsed->top(), "b");
  EXPECT_EQ((*parsed)[tuple->items[0]].text, "x");
  EXPECT_EQ((*parsed)[tuple->items[1]].kind, Kind::kNone);
  EXPECT_EQ(parsed->find(parsed->top(), "d"), nullptr);
}

TEST(Pickle, AnOrderedDictIsADictAndItsAttributesAreDropped) {
  PickleWriter writer;
  writer.ordered_dict().text("k").integer(3).raw("s").raw("}").text("_metadata").none().raw("s").raw("b");
  const auto parsed = parse(writer.finish());
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  ASSERT_EQ(parsed->top().kind, Kind::kDict);
  EXPECT_EQ(parsed->find(parsed->top(), "k")->integer, 3);
}

TEST(Pickle, CallsAreRecordedAndNotMade) {
  const auto parsed = parse(PickleWriter().global("shop", "make").integers({4}).call().finish());
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  ASSERT_EQ(parsed->top().kind, Kind::kCall);
  EXPECT_EQ((*parsed)[parsed->top().items[0]].text, "shop.make");
}

TEST(Pickle, NamesTheForbiddenGlobal) {
  EXPECT_THAT(error_of(PickleWriter().global("os", "system").text("id").raw("\x85").call().finish()),
              HasSubstr("wants Python's 'os.system'"));
  EXPECT_THAT(error_of(PickleWriter().global("argparse", "Namespace").finish()), HasSubstr("'argparse.Namespace'"));
  EXPECT_THAT(error_of(PickleWriter().global("shop", "maker").finish()), HasSubstr("'shop.maker'"));
  EXPECT_THAT(error_of("\x80\x02i"), HasSubstr("opcode 0x69"));      // INST
  EXPECT_THAT(error_of("\x80\x02)\x81"), HasSubstr("opcode 0x81"));  // NEWOBJ
  EXPECT_THAT(error_of("\x80\x04"), HasSubstr("protocol 4"));
}

TEST(Pickle, SaysHowManyBytesItTook) {
  const auto parsed = parse("\x80\x02K\x01.rest");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->size, 5u);
}

TEST(Pickle, RefusesWhatNoPicklerWrites) {
  EXPECT_THAT(error_of(""), HasSubstr("ends too early"));
  EXPECT_THAT(error_of("."), HasSubstr("empty stack"));
  EXPECT_THAT(error_of("(."), HasSubstr("empty stack"));
  EXPECT_THAT(error_of("K\x01(\x85."), HasSubstr("empty stack"));  // reaches below the mark
  EXPECT_THAT(error_of("t."), HasSubstr("lacks a mark"));
  EXPECT_THAT(error_of("h\x01."), HasSubstr("refers to what is not there"));
  EXPECT_THAT(error_of("q\x01."), HasSubstr("remembers what is not there"));
  EXPECT_THAT(error_of("K\x01K\x02"
                       "a."),
              HasSubstr("no container"));
  EXPECT_THAT(error_of("}(K\x01u."), HasSubstr("key without a value"));
  EXPECT_THAT(error_of("K\x01)R."), HasSubstr("calls what is no function"));
  EXPECT_THAT(error_of("]}b."), HasSubstr("gives attributes"));
  EXPECT_THAT(error_of("X\xFF\xFF\xFF\xFFx."), HasSubstr("ends within a text"));
  EXPECT_THAT(error_of("\x8A\x09"
                       "123456789."),
              HasSubstr("impossible whole number"));
  EXPECT_THAT(error_of("cos"), HasSubstr("ends within a name"));
}

TEST(Pickle, RefusesMoreValuesThanAModelHas) {
  EXPECT_THAT(error_of(std::string(1'000'002, 'N') + "."), HasSubstr("too many values"));
}

TEST(Pickle, AListMayHoldItself) {
  const auto parsed = parse(
      "]q\x01h\x01"
      "a.");
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(parsed->top().items.at(0), parsed->root);
}

}  // namespace
}  // namespace pretag
