// What is outside of the program, as a test says it is: environment variables, files, services, the time.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "pretag/util/environment.h"
#include "support/memory_file_system.h"
#include "support/scripted_http_client.h"

namespace pretag {

using Environment = std::map<std::string, std::string>;

// Sees later changes of `environment`, which must outlive it.
inline EnvironmentLookup lookup_in(const Environment& environment) {
  return [&environment](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  };
}

class ScriptedWorldTest : public ::testing::Test {
 protected:
  static constexpr int64_t kNow = 1700000000;  // 2023-11-14T22:13:20Z

  Environment environment_;
  MemoryFileSystem files_;
  std::map<std::string, HttpAnswer> services_;  // by address; what nobody serves is unreachable
  int64_t now_ = kNow;
  ScriptedHttpClient http_{[this](const HttpCall& call) { return answer_to(call); }};

  virtual Result<HttpAnswer> answer_to(const HttpCall& call) const {
    const auto found = services_.find(call.url);
    if (found != services_.end()) return found->second;
    return Error{ErrorCode::kIo, call.url + ": connection refused"};
  }
};

}  // namespace pretag
