#include "pretag/bucket/google_signer.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <optional>
#include <utility>

#include "pretag/bucket/v4_signature.h"
#include "pretag/util/percent.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

template <auto free_function>
struct Free {
  template <class T>
  void operator()(T* pointer) const {
    free_function(pointer);
  }
};

// RSASSA-PKCS1-v1_5 with SHA-256; nothing if the key cannot do that.
std::optional<std::string> rsa_signature(const std::string& pem, const std::string& text) {
  const std::unique_ptr<BIO, Free<BIO_free>> memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const auto no_password = [](char*, int, int, void*) { return 0; };
  const std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>> key(
      PEM_read_bio_PrivateKey(memory.get(), nullptr, no_password, nullptr));
  const std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  std::string signature;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  size_t size = 0;
  const bool is_rsa = key != nullptr && EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_RSA;
  bool done = is_rsa && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
              EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) == 1;
  if (done) {
    signature.resize(size);
    done = EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                          text.size()) == 1;
    signature.resize(size);
  }
  ERR_clear_error();
  return done ? std::optional(std::move(signature)) : std::nullopt;
}

// Buckets are named in the path: a certificate for *.storage.googleapis.com holds for no name with a dot.
BucketAddress address_of(const std::string& endpoint, const BucketRequest& request) {
  const std::string key = request.key.empty() ? "" : "/" + percent_encode(request.key, true);
  return {.scheme_and_host = endpoint, .path = "/" + request.bucket + key, .query = request.query};
}

class KeySigner final : public BucketSigner {
 public:
  KeySigner(std::string endpoint, GoogleKey key, int64_t valid_seconds, UnixTime now)
      : endpoint_(std::move(endpoint)), key_(std::move(key)), valid_seconds_(valid_seconds), now_(std::move(now)) {}

  Result<SignedUrl> sign(const BucketRequest& request) override {
    const V4Unsigned to_sign = to_be_signed(address_of(endpoint_, request), {.algorithm = "GOOG4-RSA-SHA256",
                                                                             .parameter = "X-Goog-",
                                                                             .signer = key_.client_email,
                                                                             .place = "auto/storage/goog4_request",
                                                                             .now = now_(),
                                                                             .valid_seconds = valid_seconds_,
                                                                             .method = request.method});
    const auto signature = rsa_signature(key_.private_key, to_sign.text);
    if (signature) return SignedUrl{.url = to_sign.signed_url(*signature)};
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("the private key of {} is damaged: make a new one", one_line(key_.client_email))};
  }

 private:
  const std::string endpoint_;
  const GoogleKey key_;
  const int64_t valid_seconds_;
  const UnixTime now_;
};

class TokenSigner final : public BucketSigner {
 public:
  TokenSigner(std::string endpoint, std::unique_ptr<OauthTokens> tokens)
      : endpoint_(std::move(endpoint)), tokens_(std::move(tokens)) {}

  Result<SignedUrl> sign(const BucketRequest& request) override {
    SignedUrl address{.url = address_of(endpoint_, request).url()};
    if (tokens_ == nullptr) return address;
    PRETAG_ASSIGN(const OauthToken token, tokens_->get());
    address.headers = {"Authorization: Bearer " + token.text};
    return address;
  }

  void forget_credentials() override {
    if (tokens_ != nullptr) tokens_->forget();
  }

 private:
  const std::string endpoint_;
  const std::unique_ptr<OauthTokens> tokens_;
};

}  // namespace

Result<std::string> google_endpoint(const EnvironmentLookup& environment) {
  std::string endpoint = environment("STORAGE_EMULATOR_HOST").value_or("");
  if (endpoint.empty()) return std::string(kGoogleEndpoint);
  while (endpoint.ends_with('/')) endpoint.pop_back();
  // Some of Google's libraries take a host without a scheme.
  return endpoint.find("://") == std::string::npos ? "http://" + endpoint
                                                   : checked_endpoint("STORAGE_EMULATOR_HOST", endpoint);
}

std::unique_ptr<BucketSigner> make_google_signer(std::string endpoint, GoogleKey key, int64_t valid_seconds,
                                                 UnixTime now) {
  return std::make_unique<KeySigner>(std::move(endpoint), std::move(key), valid_seconds, std::move(now));
}

std::unique_ptr<BucketSigner> make_google_signer(std::string endpoint, std::unique_ptr<GoogleCredentials> credentials) {
  if (credentials != nullptr && credentials->key) {
    return make_google_signer(std::move(endpoint), *std::move(credentials->key));
  }
  auto tokens = credentials == nullptr ? nullptr : std::move(credentials->tokens);
  return std::make_unique<TokenSigner>(std::move(endpoint), std::move(tokens));
}

}  // namespace pretag
