// A blocking FIFO of limited size between the threads of a pipeline: it is what keeps memory flat.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace pretag {

// Any number of producers and consumers. After close(), push() refuses and pop() drains what is left, then returns
// nothing. close() may be called from any thread, more than once.
template <class T>
class BoundedQueue {
 public:
  // Room for `capacity` items; or, where items differ in size, for so much of what `weigh` says they weigh. An item
  // heavier than that passes alone.
  using Weigh = std::function<size_t(const T&)>;
  explicit BoundedQueue(
      size_t capacity, Weigh weigh = [](const T&) { return size_t{1}; })
      : capacity_(capacity), weigh_(std::move(weigh)) {}

  // Waits for room. False (and `item` is dropped) when the queue was closed.
  bool push(T item) {
    std::unique_lock lock(mutex_);
    const size_t weight = weigh_(item);
    room_.wait(lock, [&] { return closed_ || items_.empty() || weight_ + weight <= capacity_; });
    if (closed_) return false;
    weight_ += weight;
    items_.push_back(std::move(item));
    lock.unlock();
    filled_.notify_one();
    return true;
  }

  // Waits for an item. Nothing once the queue is closed and empty.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return closed_ || !items_.empty(); });
    if (items_.empty()) return std::nullopt;
    T item = std::move(items_.front());
    items_.pop_front();
    weight_ -= weigh_(item);
    lock.unlock();
    room_.notify_all();  // a light item may fit where a heavy one still waits
    return item;
  }

  void close() {
    {
      std::scoped_lock lock(mutex_);
      closed_ = true;
    }
    room_.notify_all();
    filled_.notify_all();
  }

 private:
  const size_t capacity_;
  const Weigh weigh_;
  std::mutex mutex_;
  std::condition_variable room_, filled_;
  std::deque<T> items_;
  size_t weight_ = 0;
  bool closed_ = false;
};

}  // namespace pretag
