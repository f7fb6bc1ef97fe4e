// The secret of a server: signs its links and encrypts the secrets that it keeps for others.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "pretag/util/result.h"

namespace pretag {

// Immutable; any number of threads may use it. Each use has a key of its own, derived with HMAC-SHA256 (RFC 2104).
class ServerKey {
 public:
  // Reads the 32 bytes in `path`, or makes them there, readable by this user only. kCorrupt for a file of another size,
  // kIo.
  static Result<ServerKey> load_or_create(const std::string& path);
  static ServerKey random();

  // 64 hex digits: HMAC-SHA256 of `text`.
  std::string sign(std::string_view text) const;
  // In time that does not depend on where the two differ.
  bool is_signature(std::string_view text, std::string_view signature) const;

  // AES-256-GCM (NIST SP 800-38D) with a random nonce, as hex: nonce, ciphertext, tag. `purpose` is authenticated, too:
  // what was encrypted for one thing cannot be taken for another.
  std::string encrypt(std::string_view plain, std::string_view purpose) const;
  // kCorrupt when the text, the purpose or the key is another one.
  Result<std::string> decrypt(std::string_view encrypted, std::string_view purpose) const;

 private:
  using Bytes = std::array<unsigned char, 32>;
  explicit ServerKey(const Bytes& key);
  Bytes signing_key_{}, encryption_key_{};
};

}  // namespace pretag
