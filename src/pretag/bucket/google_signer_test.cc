#include "pretag/bucket/google_signer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "support/scripted_world.h"

namespace pretag {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr int64_t kNow = 1700000000;  // 2023-11-14T22:13:20Z

std::string pem_of(EVP_PKEY* key) {
  BIO* memory = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(memory, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const auto size = static_cast<size_t>(BIO_get_mem_data(memory, &text));
  std::string pem(text, size);
  BIO_free(memory);
  return pem;
}

std::string bytes_of_hex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

class GoogleSigner : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { key_ = EVP_RSA_gen(2048); }
  static void TearDownTestSuite() { EVP_PKEY_free(key_); }

  static Result<SignedUrl> sign(const BucketRequest& request) {
    return make_google_signer(kGoogleEndpoint, {"reader@project.iam", pem_of(key_)}, 600, [] { return kNow; })
        ->sign(request);
  }

  // Whether it is the key's signature of `text`.
  static bool verifies(const std::string& url, const std::string& text) {
    const std::string signature = bytes_of_hex(url.substr(url.rfind('=') + 1));
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    const bool good =
        EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key_) == 1 &&
        EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                         reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
    EVP_MD_CTX_free(context);
    return good;
  }

  static inline EVP_PKEY* key_ = nullptr;
};

TEST_F(GoogleSigner, SignsWithTheKeyOfAServiceAccount) {
  const auto address = sign({.bucket = "photos", .key = "drive/a b&ü.jpg"});
  ASSERT_TRUE(address.ok()) << address.error().message;
  EXPECT_THAT(address->url,
              AllOf(StartsWith("https://storage.googleapis.com/photos/drive/a%20b%26%C3%BC.jpg?"
                               "X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=reader%40project.iam%2F20231114"
                               "%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20231114T221320Z&X-Goog-Expires=600&"
                               "X-Goog-SignedHeaders=host&X-Goog-Signature=")));
  EXPECT_THAT(address->headers, ::testing::IsEmpty());
  // sha256sum of "GET\n/photos/drive/…\n…\nhost:storage.googleapis.com\n\nhost\nUNSIGNED-PAYLOAD", computed elsewhere.
  EXPECT_TRUE(verifies(address->url,
                       "GOOG4-RSA-SHA256\n20231114T221320Z\n20231114/auto/storage/goog4_request\n"
                       "5129fc9529e0026ca430b5133a30160f513b1e8fb504b5cc91d706d532e01641"));
}

TEST_F(GoogleSigner, NamesABucketWithoutASlash) {
  const auto address = sign({.bucket = "photos", .query = {{"prefix", "drive/"}, {"list-type", "2"}}});
  ASSERT_TRUE(address.ok());
  EXPECT_THAT(address->url, AllOf(StartsWith("https://storage.googleapis.com/photos?"), HasSubstr("&list-type=2&")));
}

TEST_F(GoogleSigner, SaysWhenTheKeyIsDamaged) {
  std::string damaged = pem_of(key_);
  damaged.resize(damaged.size() / 2);
  for (const std::string& pem : {damaged, std::string("no key"), std::string()}) {
    const auto signer = make_google_signer(kGoogleEndpoint, {"reader@project.iam", pem});
    const auto address = signer->sign({.bucket = "photos"});
    ASSERT_FALSE(address.ok());
    EXPECT_EQ(address.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(address.error().message, HasSubstr("reader@project.iam"));
  }
}

TEST_F(GoogleSigner, LeavesPublicBucketsUnsigned) {
  const auto address = make_google_signer(kGoogleEndpoint, nullptr)->sign({.bucket = "photos", .key = "a.jpg"});
  ASSERT_TRUE(address.ok());
  EXPECT_EQ(address->url, "https://storage.googleapis.com/photos/a.jpg");
  EXPECT_THAT(address->headers, ::testing::IsEmpty());
}

TEST(GoogleEndpoint, IsTheEmulatorsIfThereIsOne) {
  const auto endpoint = [](const std::string& value) {
    return google_endpoint([&](const char* name) {
      return std::string_view(name) == "STORAGE_EMULATOR_HOST" ? std::optional(value) : std::nullopt;
    });
  };
  EXPECT_EQ(*endpoint(""), kGoogleEndpoint);
  EXPECT_EQ(*endpoint("http://localhost:4443/"), "http://localhost:4443");
  EXPECT_EQ(*endpoint("localhost:4443"), "http://localhost:4443");
  EXPECT_THAT(endpoint("ftp://localhost").error().message, HasSubstr("STORAGE_EMULATOR_HOST"));
}

class GoogleCredentialsTest : public ScriptedWorldTest {
 protected:
  Result<GoogleCredentials> find() {
    return find_google_credentials(
        lookup_in(environment_), files_, http_, [this] { return now_; },
        [this](double seconds) { return wait(seconds); });
  }
  std::string fault() {
    const auto found = find();
    if (!found) return found.error().message;
    if (found->key) return "a key";
    const auto token = found->tokens->get();
    return token ? "a token" : token.error().message;
  }
  void use_machine(const std::string& token, int64_t seconds) {
    services_["http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"] = {
        .status = 200,
        .body = R"({"access_token": ")" + token + R"(", "expires_in": )" + std::to_string(seconds) +
                R"(, "token_type": "Bearer"})"};
  }

  bool wait(double seconds) {
    pauses_.push_back(seconds);
    if (pauses_.size() == up_after_pauses_) use_machine("t0ken", 3600);
    return !is_stopped_;
  }

  std::vector<double> pauses_;
  size_t up_after_pauses_ = 0;  // 0: never
  bool is_stopped_ = false;

  GoogleCredentialsTest() { environment_ = {{"HOME", "/home/anna"}}; }
};

constexpr char kServiceAccount[] = R"({"type": "service_account", "client_email": "e", "private_key": "SeCrEt"})";
constexpr char kUser[] =
    R"({"type": "authorized_user", "client_id": "i+d", "client_secret": "s", "refresh_token": "r"})";

TEST_F(GoogleCredentialsTest, AreInTheFileThatIsNamed) {
  files_.add("/key.json", kServiceAccount);
  files_.add("/home/anna/.config/gcloud/application_default_credentials.json", kUser);
  environment_["GOOGLE_APPLICATION_CREDENTIALS"] = "/key.json";
  const auto found = find();
  ASSERT_TRUE(found.ok()) << found.error().message;
  ASSERT_TRUE(found->key);
  EXPECT_EQ(found->key->client_email, "e");
  EXPECT_EQ(found->tokens, nullptr);
  environment_["GOOGLE_APPLICATION_CREDENTIALS"] = "/gone.json";
  EXPECT_THAT(fault(), HasSubstr("/gone.json"));
}

TEST_F(GoogleCredentialsTest, OfAUserAreExchangedForAToken) {
  files_.add("/home/anna/.config/gcloud/application_default_credentials.json", kUser);
  services_["https://oauth2.googleapis.com/token"] = {.status = 200,
                                                      .body = R"({"access_token": "t0ken", "expires_in": 3599})"};
  const auto found = find();
  ASSERT_TRUE(found.ok()) << found.error().message;
  const auto token = found->tokens->get();
  ASSERT_TRUE(token.ok()) << token.error().message;
  EXPECT_EQ(token->text, "t0ken");
  EXPECT_EQ(token->expires, kNow + 3599);
  ASSERT_EQ(http_.calls().size(), 1u);
  EXPECT_EQ(http_.calls()[0].body, "grant_type=refresh_token&client_id=i%2Bd&client_secret=s&refresh_token=r");

  services_["https://oauth2.googleapis.com/token"] = {
      .status = 400, .body = R"({"error": "invalid_grant", "error_description": "Token has been revoked."})"};
  EXPECT_THAT(fault(), AllOf(HasSubstr("Token has been revoked."), HasSubstr("gcloud auth")));
}

TEST_F(GoogleCredentialsTest, OfAMachineAreRenewedBeforeTheyExpire) {
  use_machine("first", 3600);
  const auto found = find();
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->tokens->get()->text, "first");
  EXPECT_THAT(http_.calls()[0].headers, ::testing::ElementsAre("Metadata-Flavor: Google"));
  use_machine("second", 3600);
  EXPECT_EQ(found->tokens->get()->text, "first");
  now_ += 3400;
  EXPECT_EQ(found->tokens->get()->text, "second");
  use_machine("third", 3600);
  found->tokens->forget();
  EXPECT_EQ(found->tokens->get()->text, "third");
}

// The metadata service of a pod in GKE is not there in the pod's first seconds.
TEST_F(GoogleCredentialsTest, OfAFreshPodAreWaitedFor) {
  EXPECT_THAT(fault(), HasSubstr("there are no credentials"));
  EXPECT_THAT(pauses_, IsEmpty()) << "elsewhere there is nothing to wait for";
  environment_["KUBERNETES_SERVICE_HOST"] = "10.0.0.1";
  EXPECT_THAT(fault(), HasSubstr("there are no credentials"));
  EXPECT_THAT(pauses_, ElementsAre(1, 2));
  pauses_.clear();
  is_stopped_ = true;
  EXPECT_EQ(find()->tokens->get().error().code, ErrorCode::kCancelled);
  EXPECT_THAT(pauses_, ElementsAre(1));
  pauses_.clear();
  is_stopped_ = false;
  up_after_pauses_ = 2;
  EXPECT_EQ(fault(), "a token");
  EXPECT_THAT(pauses_, ElementsAre(1, 2));
}

TEST_F(GoogleCredentialsTest, OfAFederatedIdentityAreExchangedForItsToken) {
  environment_["GOOGLE_APPLICATION_CREDENTIALS"] = "/pool.json";
  files_.add("/pool.json", R"({"type": "external_account", "audience": "//iam/pool", "subject_token_type": "jwt",
                               "token_url": "https://sts", "credential_source": {"file": "/token"}})");
  files_.add("/token", "of the pod\n");
  services_["https://sts"] = {.status = 200, .body = R"({"access_token": "t0ken", "expires_in": 3599})"};
  EXPECT_EQ(fault(), "a token");
  EXPECT_EQ(http_.calls()[0].body,
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&audience=%2F%2Fiam%2Fpool&"
            "scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform&"
            "requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token&subject_token_type=jwt&"
            "subject_token=of%20the%20pod");
  files_.add("/pool.json", R"({"type": "external_account", "token_url": "https://sts", "credential_source":
                               {"url": "http://beside", "headers": {"Metadata": "True"},
                                "format": {"type": "json", "subject_token_field_name": "value"}}})");
  services_["http://beside"] = {.status = 200, .body = R"({"value": "from beside"})"};
  EXPECT_EQ(fault(), "a token");
  EXPECT_THAT(http_.calls()[1].headers, ::testing::ElementsAre("Metadata: True"));
  EXPECT_THAT(http_.calls()[2].body, HasSubstr("&subject_token=from%20beside"));

  services_["http://beside"] = {.status = 200, .body = R"({"values": "SeCrEt"})"};
  EXPECT_THAT(fault(), AllOf(HasSubstr("'value'"), Not(HasSubstr("SeCrEt"))));
  services_["http://beside"] = {.status = 403, .body = "SeCrEt"};
  EXPECT_THAT(fault(), AllOf(HasSubstr("http://beside: answered 403"), Not(HasSubstr("SeCrEt"))));
  files_.add("/pool.json", R"({"type": "external_account", "credential_source": {"environment_id": "aws1"}})");
  EXPECT_THAT(fault(), AllOf(HasSubstr("/pool.json"), HasSubstr("neither in a file nor at an address")));
  for (const char* source : {"1", "\"SeCrEt\"", "[]", R"({"url": "http://beside", "headers": "SeCrEt"})",
                             R"({"url": "http://beside", "headers": {"a": 1}, "format": "SeCrEt"})"}) {
    files_.add("/pool.json", std::string(R"({"type": "external_account", "credential_source": )") + source + "}");
    EXPECT_THAT(fault(), Not(HasSubstr("SeCrEt"))) << source;
  }
}

TEST_F(GoogleCredentialsTest, MayBeThoseOfAServiceAccountThatIsImpersonated) {
  environment_["GOOGLE_APPLICATION_CREDENTIALS"] = "/other.json";
  files_.add("/other.json", std::string(R"({"type": "impersonated_service_account", "delegates": ["a/b"],
      "service_account_impersonation_url": "https://iam/reader:generateAccessToken", "source_credentials": )") +
                                kUser + "}");
  services_["https://oauth2.googleapis.com/token"] = {.status = 200,
                                                      .body = R"({"access_token": "mine", "expires_in": 3599})"};
  const std::string iam = "https://iam/reader:generateAccessToken";
  services_[iam] = {.status = 200, .body = R"({"accessToken": "theirs", "expireTime": "2023-11-14T23:13:20Z"})"};
  const auto found = find();
  ASSERT_TRUE(found.ok()) << found.error().message;
  const auto token = found->tokens->get();
  ASSERT_TRUE(token.ok()) << token.error().message;
  EXPECT_EQ(token->text, "theirs");
  EXPECT_EQ(token->expires, kNow + 3600);
  EXPECT_THAT(http_.calls()[1].headers, ::testing::ElementsAre("Authorization: Bearer mine"));
  EXPECT_EQ(
      http_.calls()[1].body,
      R"({"delegates":["a/b"],"lifetime":"3600s","scope":["https://www.googleapis.com/auth/devstorage.read_write"]})");

  found->tokens->forget();
  services_["https://oauth2.googleapis.com/token"].body = R"({"access_token": "newer", "expires_in": 3599})";
  ASSERT_TRUE(found->tokens->get().ok());
  EXPECT_THAT(http_.calls().back().headers, ::testing::ElementsAre("Authorization: Bearer newer"));
  services_[iam] = {.status = 403, .body = R"({"error": {"message": "SeCrEt"}})"};
  EXPECT_THAT(fault(), AllOf(HasSubstr("Service Account Token Creator"), Not(HasSubstr("SeCrEt"))));

  files_.add("/other.json", R"({"type": "external_account", "credential_source": {"file": "/token"},
                                "service_account_impersonation_url": "https://iam/reader:generateAccessToken"})");
  files_.add("/token", "of the pod");
  services_["https://sts.googleapis.com/v1/token"] = {.status = 200,
                                                      .body = R"({"access_token": "pool", "expires_in": 3599})"};
  services_[iam] = {.status = 200, .body = R"({"accessToken": "theirs", "expireTime": "2023-11-14T23:13:20Z"})"};
  EXPECT_EQ(fault(), "a token");
  EXPECT_THAT(http_.calls().back().headers, ::testing::ElementsAre("Authorization: Bearer pool"));
  files_.add("/other.json", R"({"type": "impersonated_service_account", "service_account_impersonation_url": "u"})");
  EXPECT_THAT(fault(), HasSubstr("/other.json"));
  files_.add("/other.json", R"({"type": "impersonated_service_account", "service_account_impersonation_url": "u",
                                "source_credentials": "SeCrEt"})");
  EXPECT_THAT(fault(), AllOf(HasSubstr("/other.json"), Not(HasSubstr("SeCrEt"))));
}

TEST_F(GoogleCredentialsTest, AreMissedWithAdvice) {
  EXPECT_THAT(fault(), AllOf(HasSubstr("GOOGLE_APPLICATION_CREDENTIALS"), HasSubstr("GS_NO_SIGN_REQUEST")));
  files_.add("/key.json", R"({"type": "gdch_service_account", "audience": "SeCrEt"})");
  environment_["GOOGLE_APPLICATION_CREDENTIALS"] = "/key.json";
  EXPECT_THAT(fault(), AllOf(HasSubstr("gdch_service_account"), Not(HasSubstr("SeCrEt"))));
  for (const char* text : {"", "SeCrEt", "[]", R"({"type": "service_account", "private_key": "SeCrEt"})",
                           R"({"type": 1, "private_key": "SeCrEt"})"}) {
    files_.add("/key.json", text);
    EXPECT_THAT(fault(), AllOf(HasSubstr("/key.json"), Not(HasSubstr("SeCrEt")))) << text;
  }
}

TEST_F(GoogleCredentialsTest, AreNotTakenFromAnAnswerThatMakesNoSense) {
  for (const char* body :
       {"", "[]", R"({"access_token": "t"})", R"({"access_token": 1, "expires_in": 9})",
        R"({"access_token": "t", "expires_in": 1e300})", R"({"access_token": "a\r\nb", "expires_in": 3600})"}) {
    services_["http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"] = {
        .status = 200, .body = body};
    EXPECT_THAT(fault(), HasSubstr("no token")) << body;
  }
}

}  // namespace
}  // namespace pretag
