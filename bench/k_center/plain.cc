#include "plain.h"

#include <algorithm>
#include <barrier>
#include <cmath>
#include <limits>
#include <mutex>
#include <thread>

#include "pretag/select/distance.h"
#include "pretag/select/parallel.h"

namespace pretag {
namespace {

struct Farthest {
  float squared_distance = -1;
  uint32_t sample = 0;

  void add(float other_distance, uint32_t other) {
    if (other_distance > squared_distance || (other_distance == squared_distance && other < sample))
      *this = {other_distance, other};
  }
};

constexpr size_t kBlockRows = 512;

// Lowers the bounds of rows begin … end and finds the farthest of them.
Farthest sweep(const MatrixView& vectors, size_t begin, size_t end, const float* centre, float* nearest) {
  Farthest farthest;
  for (size_t row = begin; row < end; row += kBlockRows) {
    const size_t count = std::min(kBlockRows, end - row);
    lower_bounds(vectors.row(row), count, vectors.stride, vectors.columns, centre, nearest + row);
    const float* most = std::max_element(nearest + row, nearest + row + count);
    farthest.add(*most, static_cast<uint32_t>(most - nearest));
  }
  return farthest;
}

}  // namespace

PlainKCenter::PlainKCenter(const MatrixView& vectors, int threads)
    : vectors_(vectors),
      threads_(static_cast<size_t>(threads)),
      nearest_(vectors.rows, std::numeric_limits<float>::infinity()) {}

void PlainKCenter::choose(size_t count) {
  if (count > 0 && picks_.empty()) {
    picks_.push_back({0, std::numeric_limits<float>::infinity()});
    --count;
  }
  const size_t wanted = picks_.size() + count;
  picks_.reserve(wanted);
  std::vector<Farthest> of_thread(threads_);
  const auto take_farthest = [&]() noexcept {
    Farthest farthest;
    for (const Farthest& other : of_thread) farthest.add(other.squared_distance, other.sample);
    picks_.push_back({farthest.sample, std::sqrt(farthest.squared_distance)});
  };
  std::barrier barrier(static_cast<ptrdiff_t>(threads_), take_farthest);
  const auto work = [&](size_t thread) {
    const size_t begin = vectors_.rows * thread / threads_, end = vectors_.rows * (thread + 1) / threads_;
    while (picks_.size() < wanted) {
      const float* centre = vectors_.row(picks_.back().sample);
      of_thread[thread] = sweep(vectors_, begin, end, centre, nearest_.data());
      barrier.arrive_and_wait();
    }
  };
  std::vector<std::jthread> pool;
  for (size_t thread = 1; thread < threads_; ++thread) pool.emplace_back(work, thread);
  work(0);
}

size_t first_wrong_pick(const MatrixView& vectors, std::span<const KCenterPick> picks, int threads) {
  std::vector<Farthest> expected(picks.size());  // [step]: over all blocks so far
  std::mutex mutex;
  parallel_blocks((vectors.rows + kBlockRows - 1) / kBlockRows, threads, [&](size_t block) {
    const size_t begin = block * kBlockRows, end = std::min(vectors.rows, begin + kBlockRows);
    std::vector<float> nearest(end - begin, std::numeric_limits<float>::infinity());
    std::vector<Farthest> farthest(picks.size());
    for (size_t step = 1; step < picks.size(); ++step) {
      lower_bounds(vectors.row(begin), end - begin, vectors.stride, vectors.columns,
                   vectors.row(picks[step - 1].sample), nearest.data());
      const auto most = std::max_element(nearest.begin(), nearest.end());
      farthest[step] = {*most, static_cast<uint32_t>(begin + static_cast<size_t>(most - nearest.begin()))};
    }
    const std::scoped_lock lock(mutex);
    for (size_t step = 1; step < picks.size(); ++step)
      expected[step].add(farthest[step].squared_distance, farthest[step].sample);
  });
  for (size_t step = 1; step < picks.size(); ++step) {
    if (expected[step].sample != picks[step].sample ||
        std::sqrt(expected[step].squared_distance) != picks[step].distance)
      return step;
  }
  return picks.size();
}

}  // namespace pretag
