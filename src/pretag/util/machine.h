// What of the machine this process may use: a container or a batch system often grants less than there is.
#pragma once

#include <cstdint>
#include <string>

namespace pretag {

struct MachineInfo {
  int cores_online = 1;                             // of the whole machine
  int cores_allowed = 1;                            // by the affinity mask (taskset, cpusets)
  double cpu_quota = 0;                             // cores' worth of time by the cgroup's limit; 0: unlimited
  int cores_available = 1;                          // what all that leaves, at least 1
  int memory_nodes = 1;                             // that the allowed cores are near to
  uint64_t memory_total = 0, memory_available = 0;  // of the machine, bytes
  uint64_t memory_limit = 0;                        // by the cgroup, bytes; 0: unlimited
  uint64_t memory_used_by_us = 0;                   // resident set of this process, bytes

  // Memory that this process can hope for, bytes: available, and within the limit of the cgroup.
  uint64_t memory_usable() const;
};

// `root` is put before /proc and /sys, for tests. What cannot be read keeps its default.
MachineInfo probe_machine(const std::string& root = "");

// How many threads make sense on this machine for this process, at least 1.
int available_cores();

}  // namespace pretag
