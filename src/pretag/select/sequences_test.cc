#include "pretag/select/sequences.h"

#include <gmock/gmock.h>

#include <cmath>

#include "support/selection_samples.h"

namespace pretag {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Runs = std::vector<std::vector<uint32_t>>;

TEST(Sequences, AreCutFromEachFolderAndTheRestIsLeft) {
  const std::vector<std::string> names = {"a/0", "a/1", "a/2", "a/3", "a/4", "b/0", "b/1", "top0", "top1", "top2"};
  const Runs runs = cut_into_sequences(names, 2);
  EXPECT_THAT(
      runs, testing::UnorderedElementsAre(ElementsAre(0, 1), ElementsAre(2, 3), ElementsAre(5, 6), ElementsAre(7, 8)));
}

TEST(Sequences, OfAFolderGoOnBehindItsSubfolders) {
  const std::vector<std::string> names = {"a/0.png", "a/b/0.png", "a/b/1.png", "a/z.png"};
  EXPECT_THAT(cut_into_sequences(names, 2), testing::UnorderedElementsAre(ElementsAre(0, 3), ElementsAre(1, 2)));
}

TEST(Sequences, FoldersWithTheSameNameInDifferentPlacesAreDifferent) {
  const std::vector<std::string> names = {"a/x/0", "b/x/0"};
  EXPECT_THAT(cut_into_sequences(names, 2), IsEmpty());
}

TEST(Sequences, OfOneAreTheSamplesAndLongerThanAllAreNone) {
  const std::vector<std::string> names = {"0", "1", "2"};
  EXPECT_EQ(cut_into_sequences(names, 1).size(), 3u);
  EXPECT_THAT(cut_into_sequences(names, 4), IsEmpty());
  EXPECT_THAT(cut_into_sequences({}, 4), IsEmpty());
}

SelectionProblem six_samples() {
  Objective classes;
  classes.strategy = strategy_of(StrategyType::kBalance);
  classes.input = ClassColumns{.classes = {"a", "b"}, .values = {1, 0, 0, 2, 0, 0, 3, 1, 1, 1, 1, 1}};
  return problem_of(6, 4,
                    {numbers(StrategyType::kWeights, {1, 2, 4, 8, 16, 32}), classes,
                     vectors(StrategyType::kDiversity, 2, {1, 0, 0, 1, 3, 0, 0, 4, 1, 0, -1, 0})});
}

TEST(Sequences, WithAGapAreLeftOutAndTheOthersKeepTheirPlaces) {
  const std::vector<std::string> names = {"a/1", "a/3", "a/4", "a/5", "a/6", "b/1", "b/2"}, gaps = {"a/2", "c/1"};
  EXPECT_THAT(cut_into_sequences(names, 2, gaps),
              testing::UnorderedElementsAre(ElementsAre(1, 2), ElementsAre(3, 4), ElementsAre(5, 6)));
}

TEST(Sequences, OfSamplesWithoutVectorsHaveNone) {
  SelectionProblem problem = six_samples();
  auto objects = std::make_shared<VectorColumn>();
  objects->columns = 2;
  objects->values = {0, 2, 1, 0};
  objects->first = {0, 0, 0, 1, 1, 1, 2};  // samples 2 and 5 have a vector each
  problem.objectives[2].input = std::shared_ptr<const VectorColumn>(objects);
  const SelectionProblem reduced = select_sequences(problem, {{0, 1}, {2, 3}, {4, 5}}, 2);
  const auto& means = *std::get<std::shared_ptr<const VectorColumn>>(reduced.objectives[2].input);
  EXPECT_THAT(means.first, ElementsAre(0, 0, 1, 2));
  EXPECT_THAT(means.values, ElementsAre(0, 1, 1, 0));
}

TEST(Sequences, HaveTheMeanOfNumbersTheSumOfClassesAndTheMeanVector) {
  const SelectionProblem reduced = select_sequences(six_samples(), {{0, 1}, {2, 3}, {4, 5}}, 2);
  EXPECT_EQ(reduced.samples, 3u);
  EXPECT_EQ(reduced.requested, 2u);
  EXPECT_THAT(std::get<NumericColumn>(reduced.objectives[0].input).values, ElementsAre(1.5, 6, 24));
  EXPECT_THAT(std::get<ClassColumns>(reduced.objectives[1].input).values, ElementsAre(1, 2, 3, 1, 2, 2));
  const auto& means = *std::get<std::shared_ptr<const VectorColumn>>(reduced.objectives[2].input);
  const float root = std::sqrt(0.5f);
  // Of unit length; opposite vectors cancel out.
  EXPECT_THAT(means.values, testing::Pointwise(testing::FloatEq(), {root, root, 0.6f, 0.8f, 0.0f, 0.0f}));
}

TEST(Sequences, AreCutFromGroupsThatTheCallerTells) {
  const std::vector<std::string> names = {"a1", "a2", "b1", "b2", "b3", "b4"};
  const auto first_letter = [](std::string_view name) { return std::string(name.substr(0, 1)); };
  EXPECT_THAT(cut_into_sequences(names, 2, {}, first_letter),
              ElementsAre(ElementsAre(0, 1), ElementsAre(2, 3), ElementsAre(4, 5)));
  EXPECT_THAT(cut_into_sequences(names, 4, {}, first_letter), ElementsAre(ElementsAre(2, 3, 4, 5)));
}

TEST(Sequences, HoldAsManyThingsAsTheirSamplesTogether) {
  SelectionProblem problem = six_samples();
  problem.objectives.resize(1);
  problem.objectives[0].input = NumericColumn{.values = {1, 0, 2, 3, 0, 0}, .is_count = true};
  const SelectionProblem runs = select_sequences(problem, {{0, 1}, {2, 3}, {4, 5}}, 2);
  EXPECT_THAT(std::get<NumericColumn>(runs.objectives[0].input).values, ElementsAre(1, 5, 0));
}

TEST(Sequences, StopBeforeTheSumOfTheirImagesNumbers) {
  SelectionProblem problem = six_samples();
  problem.objectives = {numbers(StrategyType::kWeights, {1, 1, 1, 1, 1, 1})};
  problem.objectives[0].strategy.stopping_condition_max_sum = 3;
  const SelectionSolution solution = solved(select_sequences(problem, {{0, 1}, {2, 3}, {4, 5}}, 2));
  EXPECT_EQ(solution.picks.size(), 1u) << "two images, whose numbers add up to 2; four have 4";
}

TEST(Sequences, ArePreselectedWithAnyOfTheirSamples) {
  SelectionProblem problem = six_samples();
  problem.preselected = {0, 1, 0, 0, 0, 0};
  EXPECT_THAT(select_sequences(problem, {{0, 1}, {2, 3}, {4, 5}}, 2).preselected, ElementsAre(1, 0, 0));
}

TEST(Sequences, AreWhatNotesSpeakOf) {
  SelectionProblem problem = six_samples();
  problem.objectives.resize(1);
  problem.requested = 8;
  EXPECT_THAT(solved(select_sequences(problem, {{0, 1}, {2, 3}, {4, 5}}, 2)).notes,
              ElementsAre("4 sequences were asked for, but there are 3 to choose from"));
}

}  // namespace
}  // namespace pretag
