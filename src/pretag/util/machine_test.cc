#include "pretag/util/machine.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <thread>
#include <vector>

#include "support/temporary_folder.h"

namespace pretag {
namespace {

constexpr uint64_t kGiB = uint64_t{1} << 30;

// A make-believe /proc and /sys in a folder of its own.
class FakeMachine : public testing::Test {
 protected:
  FakeMachine() { write("/proc/meminfo", "MemTotal:  8388608 kB\nMemFree: 1 kB\nMemAvailable:  4194304 kB\n"); }

  void write(const std::string& path, const std::string& text) { root_.write(path.substr(1), text); }
  MachineInfo probe() const { return probe_machine(root_.path()); }

 private:
  TemporaryFolder root_;
};

TEST_F(FakeMachine, ReadsMemory) {
  EXPECT_EQ(probe().memory_total, 8 * kGiB);
  EXPECT_EQ(probe().memory_available, 4 * kGiB);
  EXPECT_EQ(probe().memory_usable(), 4 * kGiB);
}

TEST_F(FakeMachine, WithoutCgroupsNothingIsLimited) {
  EXPECT_EQ(probe().cpu_quota, 0);
  EXPECT_EQ(probe().memory_limit, 0u);
  EXPECT_EQ(probe().cores_available, probe().cores_allowed);
}

TEST_F(FakeMachine, HonoursCgroupV2Limits) {
  write("/proc/self/cgroup", "0::/jobs/mine\n");
  write("/sys/fs/cgroup/jobs/mine/cpu.max", "150000 100000\n");
  write("/sys/fs/cgroup/jobs/mine/memory.max", "1073741824\n");
  EXPECT_DOUBLE_EQ(probe().cpu_quota, 1.5);
  EXPECT_EQ(probe().memory_limit, kGiB);
  EXPECT_EQ(probe().memory_usable(), kGiB);
}

TEST_F(FakeMachine, TheTightestLimitOfAllParentsBinds) {
  write("/proc/self/cgroup", "0::/jobs/mine\n");
  write("/sys/fs/cgroup/jobs/mine/cpu.max", "max 100000\n");
  write("/sys/fs/cgroup/jobs/cpu.max", "50000 100000\n");
  write("/sys/fs/cgroup/jobs/mine/memory.max", "max\n");
  write("/sys/fs/cgroup/jobs/memory.max", "2147483648\n");
  EXPECT_DOUBLE_EQ(probe().cpu_quota, 0.5);
  EXPECT_EQ(probe().cores_available, 1);
  EXPECT_EQ(probe().memory_limit, 2 * kGiB);
}

TEST_F(FakeMachine, HonoursCgroupV1LimitsAtTheMountWhenThePathIsTheHosts) {
  write("/proc/self/cgroup", "5:memory:/docker/0123\n4:cpu,cpuacct:/docker/0123\n");
  write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "100000\n");
  write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n");
  EXPECT_DOUBLE_EQ(probe().cpu_quota, 1);
  EXPECT_EQ(probe().cores_available, 1);
  EXPECT_EQ(probe().memory_limit, kGiB / 2);
}

TEST_F(FakeMachine, CgroupV1HasNumbersThatMeanNoLimit) {
  write("/proc/self/cgroup", "5:memory:/\n4:cpu,cpuacct:/\n");
  write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(probe().cpu_quota, 0);
  EXPECT_EQ(probe().memory_limit, 0u);
}

TEST_F(FakeMachine, NonsenseInTheFilesIsIgnored) {
  write("/proc/self/cgroup", "nonsense\n0::/../outside\n::\n");
  write("/sys/fs/cgroup/cpu.max", "lots of it\n");
  write("/sys/fs/cgroup/memory.max", "-5\n");
  EXPECT_EQ(probe().cpu_quota, 0);
  EXPECT_EQ(probe().memory_limit, 0u);
  EXPECT_GE(probe().cores_available, 1);
}

TEST(Machine, KnowsItself) {
  const MachineInfo info = probe_machine();
  EXPECT_GE(info.cores_online, info.cores_allowed);
  EXPECT_GT(info.memory_total, info.memory_available);
  EXPECT_GT(info.memory_used_by_us, 0u);
  EXPECT_GE(available_cores(), 1);
}

TEST(Machine, HonoursTheAffinityMask) {
  int allowed = 0;
  // A thread of its own, because the mask would stay.
  std::thread([&] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<size_t>(sched_getcpu()), &one);
    if (sched_setaffinity(0, sizeof one, &one) == 0) allowed = probe_machine().cores_available;
  }).join();
  EXPECT_EQ(allowed, 1);
}

TEST(Machine, ResidentMemoryGrowsWithUse) {
  const uint64_t before = probe_machine().memory_used_by_us;
  std::vector<char> block(64 << 20, 1);
  EXPECT_GT(probe_machine().memory_used_by_us, before + (32u << 20));
  EXPECT_EQ(block[block.size() / 2], 1);
}

}  // namespace
}  // namespace pretag
