// Tells the server from time to time that the worker is there, and what it is at. A server that hears nothing for long
// takes the worker for dead and gives its job to another.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>

#include "pretag/worker/api_client.h"
#include "pretag/worker/worker_log.h"

namespace pretag {

// Thread-safe. `api` must outlive it.
class Heartbeat {
 public:
  Heartbeat(const ApiClient& api, std::string worker_id, double interval, WorkerLog log);
  // Says OFFLINE.
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  // IDLE or BUSY, told at once.
  void set_state(const std::string& state);

 private:
  void beat();

  const ApiClient& api_;
  std::string worker_id_;
  WorkerLog log_;
  std::mutex mutex_;  // of state_, and so that beats do not overtake one another
  std::string state_ = "IDLE";
  bool reached_ = true;
  std::atomic<bool> closing_ = false;
  std::thread thread_;
};

}  // namespace pretag
