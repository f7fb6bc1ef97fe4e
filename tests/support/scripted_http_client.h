// An HttpClient that answers calls as a test says, without a network.
#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "pretag/io/http_client.h"

namespace pretag {

class ScriptedHttpClient : public HttpClient {
 public:
  using Handler = std::function<Result<HttpAnswer>(const HttpCall&)>;
  explicit ScriptedHttpClient(Handler handler) : handler_(std::move(handler)) {}

  Result<HttpHead> get(const HttpGet&, const HttpSink&) const override {
    return Error{ErrorCode::kInternal, "a scripted client only answers calls"};
  }
  Result<HttpAnswer> call(const HttpCall& call) const override {
    const std::scoped_lock lock(mutex_);
    calls_.push_back(call);
    return handler_(call);
  }

  std::vector<HttpCall> calls() const {
    const std::scoped_lock lock(mutex_);
    return calls_;
  }

 private:
  Handler handler_;
  mutable std::mutex mutex_;
  mutable std::vector<HttpCall> calls_;
};

}  // namespace pretag
