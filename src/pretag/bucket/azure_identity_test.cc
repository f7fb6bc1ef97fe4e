#include "pretag/bucket/azure_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "pretag/bucket/azure_signer.h"
#include "support/scripted_world.h"

namespace pretag {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kEntra[] = "https://login.microsoftonline.com/tenant-1/oauth2/v2.0/token";
constexpr char kQuery[] = "&resource=https%3A%2F%2Fstorage.azure.com%2F";
const std::string kMachine =
    std::string("http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01") + kQuery;

class AzureIdentity : public ScriptedWorldTest {
 protected:
  std::unique_ptr<OauthTokens> identity() {
    return azure_identity(lookup_in(environment_), files_, http_, [this] { return now_; });
  }
  std::string fault() {
    const auto token = identity()->get();
    return token ? "a token" : token.error().message;
  }
  void use_principal() { environment_ = {{"AZURE_TENANT_ID", "tenant-1"}, {"AZURE_CLIENT_ID", "client+1"}}; }
  static HttpAnswer answer(const std::string& token, const std::string& until = R"("expires_in": 3599)") {
    return {.status = 200, .body = R"({"token_type": "Bearer", "access_token": ")" + token + "\", " + until + "}"};
  }
};

TEST_F(AzureIdentity, OfAServicePrincipalAsksWithItsSecret) {
  use_principal();
  environment_["AZURE_CLIENT_SECRET"] = "s=1";
  services_[kEntra] = answer("t0ken");
  const auto token = identity()->get();
  ASSERT_TRUE(token.ok()) << token.error().message;
  EXPECT_EQ(token->text, "t0ken");
  EXPECT_EQ(token->expires, kNow + 3599);
  EXPECT_EQ(http_.calls()[0].method, "POST");
  EXPECT_EQ(http_.calls()[0].content_type, "application/x-www-form-urlencoded");
  EXPECT_EQ(http_.calls()[0].body,
            "grant_type=client_credentials&client_id=client%2B1&client_secret=s%3D1&"
            "scope=https%3A%2F%2Fstorage.azure.com%2F.default");

  environment_["AZURE_AUTHORITY_HOST"] = "https://login.chinacloudapi.cn/";
  services_["https://login.chinacloudapi.cn/tenant-1/oauth2/v2.0/token"] = answer("other");
  EXPECT_EQ(identity()->get()->text, "other");
}

TEST_F(AzureIdentity, OfAWorkloadReadsItsTokenAnewEachTime) {
  use_principal();
  environment_["AZURE_FEDERATED_TOKEN_FILE"] = "/var/run/token";
  files_.add("/var/run/token", "first\n");
  services_[kEntra] = answer("a");
  const auto tokens = identity();
  ASSERT_TRUE(tokens->get().ok());
  EXPECT_THAT(http_.calls()[0].body,
              HasSubstr("&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&"
                        "client_assertion=first&scope="));
  files_.add("/var/run/token", "second\n");
  now_ += 3400;
  ASSERT_TRUE(tokens->get().ok());
  EXPECT_THAT(http_.calls()[1].body, HasSubstr("&client_assertion=second&"));

  environment_["AZURE_FEDERATED_TOKEN_FILE"] = "/gone";
  EXPECT_THAT(fault(), HasSubstr("/gone"));
}

TEST_F(AzureIdentity, OfAnAppOrOfMachineLearningAsksBeside) {
  environment_ = {{"IDENTITY_ENDPOINT", "http://127.0.0.1:41/msi/token"}, {"IDENTITY_HEADER", "hush"}};
  const std::string app = std::string("http://127.0.0.1:41/msi/token?api-version=2019-08-01") + kQuery;
  services_[app] = answer("of the app", R"("expires_on": "1700003600")");
  ASSERT_TRUE(identity()->get().ok()) << fault();
  EXPECT_EQ(identity()->get()->text, "of the app");
  EXPECT_EQ(identity()->get()->expires, 1700003600);
  EXPECT_THAT(http_.calls()[0].headers, ElementsAre("X-IDENTITY-HEADER: hush"));
  environment_["AZURE_CLIENT_ID"] = "id 1";
  services_[app + "&client_id=id%201"] = answer("chosen");
  EXPECT_EQ(identity()->get()->text, "chosen");

  environment_ = {{"MSI_ENDPOINT", "http://127.0.0.1:42/token"}, {"MSI_SECRET", "hush"}, {"AZURE_CLIENT_ID", "id"}};
  services_[std::string("http://127.0.0.1:42/token?api-version=2017-09-01") + kQuery + "&clientid=id"] =
      answer("of the compute", R"("expires_on": 1700003600)");
  EXPECT_EQ(identity()->get()->text, "of the compute");
  EXPECT_THAT(http_.calls().back().headers, ElementsAre("secret: hush"));
}

TEST_F(AzureIdentity, OfAMachineIsRenewedBeforeItExpires) {
  services_[kMachine] = answer("first", R"("expires_in": "86399")");
  const auto tokens = identity();
  EXPECT_EQ(tokens->get()->text, "first");
  EXPECT_THAT(http_.calls()[0].headers, ElementsAre("Metadata: true"));
  services_[kMachine] = answer("second");
  EXPECT_EQ(tokens->get()->text, "first");
  now_ += 86300;
  EXPECT_EQ(tokens->get()->text, "second");
  services_[kMachine] = answer("third");
  tokens->forget();
  EXPECT_EQ(tokens->get()->text, "third");
}

TEST_F(AzureIdentity, IsMissedWithAdviceThatTellsNoSecret) {
  EXPECT_EQ(identity()->get().error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(fault(), AllOf(HasSubstr("AZURE_STORAGE_SAS_TOKEN"), HasSubstr("AZURE_NO_SIGN_REQUEST")));
  services_[kMachine] = {.status = 400, .body = R"({"error_description": "Identity not found"})"};
  EXPECT_THAT(fault(), AllOf(HasSubstr("Identity not found"), HasSubstr("AZURE_CLIENT_ID")));
  use_principal();
  environment_["AZURE_CLIENT_SECRET"] = "hush";
  services_[kEntra] = {.status = 401, .body = R"({"error_description": "AADSTS7000215: Invalid client secret"})"};
  EXPECT_EQ(identity()->get().error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(fault(), AllOf(HasSubstr("AADSTS7000215"), HasSubstr(kEntra), Not(HasSubstr("hush"))));
  services_[kEntra] = {.status = 503, .body = ""};
  EXPECT_EQ(identity()->get().error().code, ErrorCode::kIo);
}

TEST_F(AzureIdentity, IsNotTakenFromAnAnswerThatMakesNoSense) {
  for (const char* until : {"\"a\": 1", R"("expires_in": "1e9")", R"("expires_in": "")", R"("expires_in": [])",
                            R"("expires_on": "99999999999999999999")", R"("expires_in": 9.5)"}) {
    services_[kMachine] = answer("t", until);
    EXPECT_THAT(fault(), HasSubstr("no token")) << until;
  }
  for (const char* until : {R"("expires_on": "-9223372036854775808")", R"("expires_on": "9223372036854775807")"}) {
    services_[kMachine] = answer("t", until);
    EXPECT_EQ(fault(), "a token") << until;
  }
  services_[kMachine] = answer("a\\r\\nb");
  EXPECT_THAT(fault(), HasSubstr("no token"));
}

TEST_F(AzureIdentity, IsInTheHeadersOfEachRequest) {
  services_[kMachine] = answer("t0ken");
  const auto signer = make_azure_signer({.name = "account1"}, identity(), [] { return kNow; });
  const auto address = signer->sign({.bucket = "photos", .key = "a b.jpg"});
  ASSERT_TRUE(address.ok()) << address.error().message;
  EXPECT_EQ(address->url, "https://account1.blob.core.windows.net/photos/a%20b.jpg");
  EXPECT_THAT(address->headers, ElementsAre("Authorization: Bearer t0ken", "x-ms-version: 2020-12-06",
                                            "x-ms-date: Tue, 14 Nov 2023 22:13:20 GMT"));
  services_[kMachine] = answer("other");
  signer->forget_credentials();
  EXPECT_THAT(signer->sign({.bucket = "photos"})->headers[0], HasSubstr("other"));
}

TEST_F(AzureIdentity, IsAskedForWhereAnAccountComesWithoutCredentials) {
  const auto account = [this] { return azure_account_of(lookup_in(environment_)); };
  environment_ = {{"AZURE_STORAGE_ACCOUNT", "account1"}};
  EXPECT_TRUE(account()->needs_identity());
  environment_["AZURE_NO_SIGN_REQUEST"] = "YES";
  EXPECT_FALSE(account()->needs_identity());
  environment_ = {{"AZURE_STORAGE_ACCOUNT", "account1"}, {"AZURE_STORAGE_KEY", "a2V5"}};
  EXPECT_FALSE(account()->needs_identity());
  EXPECT_THAT(http_.calls(), IsEmpty());
}

}  // namespace
}  // namespace pretag
