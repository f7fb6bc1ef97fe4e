#include "pretag/run/datapool.h"

#include <gmock/gmock.h>

#include <map>

#include "support/faulty_file_system.h"
#include "support/memory_file_system.h"

namespace pretag {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class DatapoolOfRuns : public testing::Test {
 protected:
  using Selected = std::map<std::string, Embedding>;

  // What a run in this folder does when it has selected these.
  Result<std::vector<std::string>> add(const std::string& run, const Selected& selected) {
    PRETAG_ASSIGN(auto pool, Datapool::open(files_, "shared", "p", ""));
    const RunOutputs outputs{files_, run};
    PRETAG_TRY(pool.before(outputs));
    return pool.add(
        outputs,
        [&](const Datapool::Add& add_one) -> Status {
          for (const auto& [name, embedding] : selected) PRETAG_TRY(add_one(name, embedding));
          return {};
        },
        true);
  }
  void select(const std::string& run, const Selected& selected) {
    const auto left_out = add(run, selected);
    ASSERT_TRUE(left_out) << left_out.error().message;
    left_out_ = *left_out;
  }

  std::string latest() const { return memory_.text("shared/datapool/p/datapool_latest.csv"); }
  std::vector<std::string> pooled() const {
    const auto table = read_embeddings_csv(latest());
    return table ? table->filenames : std::vector<std::string>();
  }

  MemoryFileSystem memory_;
  FaultyFileSystem files_{memory_};
  std::vector<std::string> left_out_;
};

TEST_F(DatapoolOfRuns, GrowsByWhatEachSelects) {
  select("first", {{"a.jpg", {1, 0}}, {"b.jpg", {0, 1}}, {"no embedding.jpg", {}}});
  select("second", {{"b.jpg", {0, 1}}, {"c.jpg", {1, 1}}});
  EXPECT_THAT(pooled(), ElementsAre("a.jpg", "b.jpg", "c.jpg"));
  select("second", {{"b.jpg", {0, 1}}, {"c.jpg", {1, 1}}});
  EXPECT_THAT(pooled(), ElementsAre("a.jpg", "b.jpg", "c.jpg"));
}

TEST_F(DatapoolOfRuns, HasOnlyTheLastSelectionOfAFolder) {
  select("first", {{"a.jpg", {1, 0}}, {"b.jpg", {0, 1}}});
  select("second", {{"b.jpg", {0, 1}}, {"c.jpg", {1, 1}}});
  select("second", {{"d.jpg", {1, 1}}});
  EXPECT_THAT(pooled(), ElementsAre("a.jpg", "b.jpg", "d.jpg")) << "b.jpg was another run's";
  select("first", {});
  EXPECT_THAT(pooled(), ElementsAre("d.jpg"));
  select("second", {});
  EXPECT_THAT(pooled(), IsEmpty());
  select("second", {{"a.jpg", {1, 0, 0}}});  // other embeddings, now that there is nothing to compare them with
  EXPECT_THAT(pooled(), ElementsAre("a.jpg"));
}

TEST_F(DatapoolOfRuns, TakesNothingOfOthersOutThatItCouldNotAddItself) {
  select("first", {{"a.jpg", {1, 0}}, {"b.jpg", {0, 1}}});
  select("second", {{"x,\na.jpg", {1, 0}}, {"c.jpg", {1, 1}}});  // a name that the format cannot hold
  EXPECT_THAT(left_out_, ElementsAre("x,\na.jpg"));
  select("second", {});
  EXPECT_THAT(pooled(), ElementsAre("a.jpg", "b.jpg"));
}

TEST_F(DatapoolOfRuns, LosesNothingOfOthersWhereARunEndsInTheMiddle) {
  select("first", {{"a.jpg", {1, 0}}});
  files_.fail_writes_after(2 * latest().size());  // for the history and the pool, but not for what the run added
  EXPECT_FALSE(add("first", {{"b.jpg", {1, 0}}}));
  files_.stop_failing_writes();
  EXPECT_THAT(pooled(), ElementsAre("b.jpg"));
  select("second", {{"a.jpg", {1, 0}}});
  select("first", {{"c.jpg", {0, 1}}});
  EXPECT_THAT(pooled(), ElementsAre("b.jpg", "a.jpg", "c.jpg"));
}

TEST_F(DatapoolOfRuns, StayAsTheyAreWhereTheyCannotBeFound) {
  select("first", {{"a.jpg", {1, 0}}});
  files_.hide("shared/datapool/p/datapool_latest.csv", {ErrorCode::kIo, "Input/output error"});
  EXPECT_FALSE(add("second", {{"b.jpg", {0, 1}}}));
  EXPECT_THAT(pooled(), ElementsAre("a.jpg"));
}

TEST_F(DatapoolOfRuns, AreNotMetAnewWhereWhatARunMetCannotBeFound) {
  select("first", {{"a.jpg", {1, 0}}});
  const std::string met = memory_.text("first/data/datapool_before_p.csv");
  files_.hide("first/data/datapool_before_p.csv", {ErrorCode::kIo, "Input/output error"});
  EXPECT_FALSE(add("first", {{"b.jpg", {0, 1}}}));
  EXPECT_EQ(memory_.text("first/data/datapool_before_p.csv"), met);
}

}  // namespace
}  // namespace pretag
