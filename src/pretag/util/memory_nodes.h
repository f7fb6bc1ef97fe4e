// Memory nodes (NUMA): a machine of several sockets or dies has memory near some of its cores and far from the others.
#pragma once

#include <string>
#include <vector>

namespace pretag {

// Of each memory node the cores near it that the calling thread may run on, ascending; nodes without any are left out.
// Empty where Linux does not tell. `root` is put before /sys, for tests.
std::vector<std::vector<int>> memory_nodes(const std::string& root = "");

// Where the threads of one task run: each on the cores of one node, as many a node as it has cores, so that what a
// thread writes first lies near it and stays near it. Within a node the system places them. Only a task with a thread
// for every core is spread. One with fewer shares the machine with others, and the system sees where there is room; two
// such tasks that took the same cores would wait for each other beside idle ones.
class ThreadSpread {
 public:
  ThreadSpread(int threads, std::vector<std::vector<int>> nodes);

  // Keeps the calling thread on the cores of its node; where there is nothing to choose it does nothing.
  // `index` counts the task's threads from 0. Any number of threads may call this at the same time.
  void place(int index) const;

  // The cores of that thread; empty: any.
  std::vector<int> cores_of(int index) const;

 private:
  std::vector<std::vector<int>> nodes_;  // empty: nothing to choose
  std::vector<size_t> node_of_core_;     // in the order of the nodes
};

}  // namespace pretag
