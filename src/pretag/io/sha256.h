// SHA-256 (FIPS 180-4), by OpenSSL.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "pretag/util/result.h"

namespace pretag {

// One digest in the making; not thread-safe.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::span<const std::byte> bytes);
  // 64 lower-case hex digits. Call it once, last.
  std::string hex();

 private:
  class Context;
  std::unique_ptr<Context> context_;
};

std::string sha256_hex(std::span<const std::byte> bytes);
// kNotFound or kIo name the path.
Result<std::string> sha256_of_file(const std::string& path);

}  // namespace pretag
