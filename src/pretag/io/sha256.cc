#include "pretag/io/sha256.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "pretag/io/mapped_file.h"

namespace pretag {

class Sha256::Context {
 public:
  EVP_MD_CTX* get() { return context_.get(); }

 private:
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

Sha256::Sha256() : context_(std::make_unique<Context>()) { EVP_DigestInit_ex(context_->get(), EVP_sha256(), nullptr); }

Sha256::~Sha256() = default;

void Sha256::update(std::span<const std::byte> bytes) { EVP_DigestUpdate(context_->get(), bytes.data(), bytes.size()); }

std::string Sha256::hex() {
  std::array<unsigned char, 32> digest{};
  EVP_DigestFinal_ex(context_->get(), digest.data(), nullptr);
  std::string text;
  for (const unsigned char byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

std::string sha256_hex(std::span<const std::byte> bytes) {
  Sha256 digest;
  digest.update(bytes);
  return digest.hex();
}

Result<std::string> sha256_of_file(const std::string& path) {
  PRETAG_ASSIGN(const auto file, MappedFile::open(path));
  return sha256_hex(file->bytes());
}

}  // namespace pretag
