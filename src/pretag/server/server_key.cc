#include "pretag/server/server_key.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "pretag/io/file_system.h"
#include "pretag/server/random_ids.h"

namespace pretag {
namespace {

constexpr size_t kNonceBytes = 12, kTagBytes = 16;
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)>;
using Buffer = std::vector<unsigned char>;

Cipher make_cipher() { return {EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free}; }
const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::array<unsigned char, 32> hmac(const std::array<unsigned char, 32>& key, std::string_view text) {
  std::array<unsigned char, 32> digest{};
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(), digest.data(), &size) ==
      nullptr) {
    std::abort();
  }
  return digest;
}

std::string to_hex(const unsigned char* data, size_t size) {
  std::string text;
  text.reserve(2 * size);
  for (size_t i = 0; i < size; ++i) text += fmt::format("{:02x}", data[i]);
  return text;
}

Result<Buffer> from_hex(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  const Error broken{ErrorCode::kCorrupt, "an encrypted secret is damaged"};
  if (text.size() % 2 != 0) return broken;
  Buffer bytes;
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]), low = digit(text[i + 1]);
    if (high < 0 || low < 0) return broken;
    bytes.push_back(static_cast<unsigned char>(high * 16 + low));
  }
  return bytes;
}

// Of two servers that start together one makes the key, whole from the first moment, and the other reads it: the name
// is given to a file that is written already, and only if there is none of that name.
Status create_key_file(const std::string& path, const std::array<unsigned char, 32>& key) {
  const std::string temporary = path + "." + random_hex(8) + ".tmp";
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return Error{ErrorCode::kIo, fmt::format("{}: cannot be written ({})", path, std::strerror(errno))};
  const bool written = ::write(file, key.data(), key.size()) == static_cast<ssize_t>(key.size()) && ::fsync(file) == 0;
  const bool closed = ::close(file) == 0;
  const int linked = written && closed && ::link(temporary.c_str(), path.c_str()) != 0 ? errno : 0;
  ::unlink(temporary.c_str());
  if (!written || !closed) return Error{ErrorCode::kIo, path + ": cannot be written; is the disk full?"};
  if (linked == 0 || linked == EEXIST) return {};
  return Error{ErrorCode::kIo, fmt::format("{}: cannot be written ({})", path, std::strerror(linked))};
}

}  // namespace

ServerKey::ServerKey(const Bytes& key)
    : signing_key_(hmac(key, "pretag signed links")), encryption_key_(hmac(key, "pretag secrets")) {}

ServerKey ServerKey::random() {
  Bytes key{};
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1) std::abort();
  return ServerKey(key);
}

Result<ServerKey> ServerKey::load_or_create(const std::string& path) {
  Bytes key{};
  if (!local_file_system().exists(path)) {
    if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1) std::abort();
    PRETAG_TRY(create_key_file(path, key));
  }
  PRETAG_ASSIGN(const std::vector<std::byte> bytes, local_file_system().read(path, key.size()));
  if (bytes.size() != key.size()) {
    return Error{ErrorCode::kCorrupt, path + ": not the key of a server (32 bytes); restore it from the backup"};
  }
  std::memcpy(key.data(), bytes.data(), key.size());
  return ServerKey(key);
}

std::string ServerKey::sign(std::string_view text) const {
  const auto digest = hmac(signing_key_, text);
  return to_hex(digest.data(), digest.size());
}

bool ServerKey::is_signature(std::string_view text, std::string_view signature) const {
  const std::string right = sign(text);
  return signature.size() == right.size() && CRYPTO_memcmp(signature.data(), right.data(), right.size()) == 0;
}

std::string ServerKey::encrypt(std::string_view plain, std::string_view purpose) const {
  Buffer out(kNonceBytes + plain.size() + kTagBytes);
  unsigned char* text = out.data() + kNonceBytes;
  const Cipher cipher = make_cipher();
  int size = 0;
  const bool done =
      RAND_bytes(out.data(), kNonceBytes) == 1 &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, encryption_key_.data(), out.data()) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytes_of(purpose), static_cast<int>(purpose.size())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), text, &size, bytes_of(plain), static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), text + size, &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, text + plain.size()) == 1;
  if (!done) std::abort();  // to go on would be to store a secret in clear or lose it
  return to_hex(out.data(), out.size());
}

Result<std::string> ServerKey::decrypt(std::string_view encrypted, std::string_view purpose) const {
  PRETAG_ASSIGN(Buffer in, from_hex(encrypted));
  const Error broken{ErrorCode::kCorrupt, "an encrypted secret does not belong to this server's key"};
  if (in.size() < kNonceBytes + kTagBytes) return broken;
  const size_t size = in.size() - kNonceBytes - kTagBytes;
  std::string plain(size + 1, '\0');  // OpenSSL wants a place even for nothing
  auto* text = reinterpret_cast<unsigned char*>(plain.data());
  const Cipher cipher = make_cipher();
  int written = 0;
  const bool done =
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, encryption_key_.data(), in.data()) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &written, bytes_of(purpose), static_cast<int>(purpose.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), text, &written, in.data() + kNonceBytes, static_cast<int>(size)) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, in.data() + kNonceBytes + size) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), text + written, &written) == 1;
  if (!done) return broken;
  plain.resize(size);
  return plain;
}

}  // namespace pretag
