#include "pretag/worker/heartbeat.h"

#include <utility>

#include "pretag/util/pause.h"

namespace pretag {

Heartbeat::Heartbeat(const ApiClient& api, std::string worker_id, double interval, WorkerLog log)
    : api_(api), worker_id_(std::move(worker_id)), log_(std::move(log)) {
  beat();
  thread_ = std::thread([this, interval] {
    const Pause pause = pause_until(closing_);
    while (pause(interval)) beat();
  });
}

Heartbeat::~Heartbeat() {
  closing_ = true;
  thread_.join();
  set_state("OFFLINE");
}

void Heartbeat::set_state(const std::string& state) {
  {
    const std::scoped_lock lock(mutex_);
    state_ = state;
  }
  beat();
}

void Heartbeat::beat() {
  const std::scoped_lock lock(mutex_);
  const Status told = api_.set_worker_state(worker_id_, state_);
  // Said when it changes, not with every beat.
  if (!told && reached_) log_("The server cannot be told that this worker is there: " + told.error().message);
  if (told && !reached_) log_("The server can be reached again");
  reached_ = told.ok();
}

}  // namespace pretag
