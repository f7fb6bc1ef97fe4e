#include "pretag/util/memory_nodes.h"

#include <gmock/gmock.h>

#include <thread>

#include "pretag/util/affinity.h"
#include "support/temporary_folder.h"

namespace pretag {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Cores = std::vector<int>;

// What a thread of its own sees after `work`: the mask of the test's thread stays as it is.
template <class Work>
Cores cores_after(Work work) {
  Cores cores;
  std::thread([&] {
    work();
    cores = allowed_cores();
  }).join();
  return cores;
}

TEST(Affinity, AThreadIsKeptOnItsCores) {
  const Cores all = allowed_cores();
  ASSERT_FALSE(all.empty());
  EXPECT_THAT(cores_after([&] { EXPECT_TRUE(allow_cores({all.back()})); }), ElementsAre(all.back()));
}

TEST(Affinity, CoresThatAreNotThereChangeNothing) {
  const Cores all = allowed_cores();
  for (const Cores& impossible : {Cores{}, Cores{-1}, Cores{(1 << 20) - 1}, Cores{1 << 20}}) {
    EXPECT_EQ(cores_after([&] { EXPECT_FALSE(allow_cores(impossible)); }), all);
  }
}

// A make-believe /sys in a folder of its own. Cores that this process may not use are not listed, so the nodes are made
// of those that it may.
class FakeNodes : public testing::Test {
 protected:
  void node(const std::string& name, const std::string& cpulist) {
    root_.write("sys/devices/system/node/" + name + "/cpulist", cpulist + "\n");
  }
  std::vector<Cores> nodes() const { return memory_nodes(root_.path()); }

  const Cores all_ = allowed_cores();
  const std::string first_ = std::to_string(all_.front()), last_ = std::to_string(all_.back());

 private:
  TemporaryFolder root_;
};

TEST_F(FakeNodes, ListsAreReadAsLinuxWritesThem) {
  node("node0", first_ + "-" + last_);
  EXPECT_THAT(nodes(), ElementsAre(all_));
}

TEST_F(FakeNodes, NodesComeByNumberAndWithoutCoresThatAreNotAllowed) {
  if (all_.size() < 2) GTEST_SKIP() << "needs two cores";
  node("node10", first_ + ",900000-900003");
  node("node2", "900010," + last_);
  EXPECT_THAT(nodes(), ElementsAre(Cores{all_.back()}, Cores{all_.front()}));
}

TEST_F(FakeNodes, NodesOfMemoryAloneAndOtherFilesAreLeftOut) {
  node("node0", first_ + "-" + last_);
  node("node1", "");          // memory without a core
  node("node2", "900000-3");  // backwards
  node("node3", "-,x,5-,");
  node("nodes", first_);
  node("node4x", first_);
  EXPECT_THAT(nodes(), ElementsAre(all_));
}

TEST_F(FakeNodes, WithoutTheFolderNothingIsKnown) { EXPECT_THAT(nodes(), IsEmpty()); }

TEST(MemoryNodes, ThisMachinesCoresAreEachNearOneNode) {
  Cores cores;
  for (const Cores& node : memory_nodes()) cores.insert(cores.end(), node.begin(), node.end());
  if (cores.empty()) GTEST_SKIP() << "this system does not tell";
  EXPECT_THAT(cores, testing::UnorderedElementsAreArray(allowed_cores()));
}

TEST(ThreadSpread, ANodeGetsAsManyThreadsAsItHasCores) {
  const ThreadSpread spread(6, {{0, 1}, {2, 3, 4, 5}});
  EXPECT_THAT(spread.cores_of(0), ElementsAre(0, 1));
  EXPECT_THAT(spread.cores_of(1), ElementsAre(0, 1));
  for (int index = 2; index < 6; ++index) EXPECT_THAT(spread.cores_of(index), ElementsAre(2, 3, 4, 5));
}

TEST(ThreadSpread, MoreThreadsThanCoresBeginAnew) {
  const ThreadSpread spread(5, {{0, 1}, {2, 3}});
  EXPECT_THAT(spread.cores_of(4), ElementsAre(0, 1));
}

TEST(ThreadSpread, ATaskThatLeavesCoresToOthersIsNotBound) {
  EXPECT_THAT(ThreadSpread(3, {{0, 1}, {2, 3}}).cores_of(0), IsEmpty());
}

TEST(ThreadSpread, OneNodeIsNoChoice) {
  EXPECT_THAT(ThreadSpread(4, {{0, 1}}).cores_of(0), IsEmpty());
  EXPECT_THAT(ThreadSpread(4, {}).cores_of(0), IsEmpty());
}

TEST(ThreadSpread, PlacesTheCallingThread) {
  const Cores all = allowed_cores();
  if (all.size() < 2) GTEST_SKIP() << "needs two cores";
  const ThreadSpread spread(2, {{all[0]}, {all[1]}});
  EXPECT_THAT(cores_after([&] { spread.place(1); }), ElementsAre(all[1]));
}

}  // namespace
}  // namespace pretag
