#include "pretag/bucket/azure_signer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pretag/bucket/hmac.h"
#include "support/scripted_world.h"

namespace pretag {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kNow = 1700000000;  // 2023-11-14T22:13:20Z

std::string url_for(const AzureAccount& account, const BucketRequest& request) {
  const auto address = make_azure_signer(account, 600, [] { return kNow; })->sign(request);
  return address ? address->url : address.error().message;
}

std::string signature_of(const std::string& text) { return base64_encode(hmac_sha256("key", text)); }

const AzureAccount kWithKey{.name = "account1", .key = "a2V5"};  // "key"

TEST(AzureSigner, SignsWithTheKeyForOneRequestAlone) {
  // From the description of the service SAS, field by field.
  EXPECT_EQ(
      signature_of("r\n\n2023-11-14T22:23:20Z\n/blob/account1/photos/drive/ü.jpg\n\n\nhttps\n2020-12-06\nb\n\n\n\n\n"
                   "\n\n"),
      "z/7xllwPy1AFUlgUl2qvl7yFBcsJ/7IvhGgV0g2azDQ=");
  EXPECT_EQ(url_for(kWithKey, {.bucket = "photos", .key = "drive/ü.jpg"}),
            "https://account1.blob.core.windows.net/photos/drive/%C3%BC.jpg?sv=2020-12-06&sr=b&sp=r&"
            "se=2023-11-14T22%3A23%3A20Z&spr=https&sig=z%2F7xllwPy1AFUlgUl2qvl7yFBcsJ%2F7IvhGgV0g2azDQ%3D");
  EXPECT_THAT(url_for(kWithKey, {.bucket = "photos", .query = {{"comp", "list"}, {"prefix", "a/"}}}),
              AllOf(HasSubstr("/photos?comp=list&prefix=a%2F&sv="), HasSubstr("&sr=c&sp=l&")));
  EXPECT_THAT(url_for(kWithKey, {.method = "PUT", .bucket = "photos", .key = "a"}), HasSubstr("&sr=b&sp=cw&"));
  EXPECT_THAT(url_for(kWithKey, {.method = "DELETE", .bucket = "photos", .key = "a"}), HasSubstr("&sr=b&sp=d&"));
}

TEST(AzureSigner, PassesASharedAccessSignatureOn) {
  const AzureAccount account{
      .name = "account1", .sas = "?sv=1&sig=a%2Bb", .endpoint = "http://localhost:10000/account1/"};
  EXPECT_EQ(url_for(account, {.bucket = "photos", .key = "a b.jpg"}),
            "http://localhost:10000/account1/photos/a%20b.jpg?sv=1&sig=a%2Bb");
  EXPECT_EQ(url_for(account, {.bucket = "photos", .query = {{"comp", "list"}}}),
            "http://localhost:10000/account1/photos?comp=list&sv=1&sig=a%2Bb");
}

TEST(AzureSigner, LeavesPublicContainersUnsigned) {
  EXPECT_EQ(url_for({.name = "account1"}, {.bucket = "photos", .key = "a.jpg"}),
            "https://account1.blob.core.windows.net/photos/a.jpg");
}

TEST(AzureSigner, SaysWhenTheKeyIsDamaged) {
  for (const char* key : {"a2V", "????", "a2V5=", "====="}) {
    const std::string message = url_for({.name = "account1", .key = key}, {.bucket = "photos"});
    EXPECT_THAT(message, AllOf(HasSubstr("account1"), HasSubstr("no base64"), Not(HasSubstr(key))));
  }
}

TEST(AzureAccount, TellsAKeyFromASignature) {
  EXPECT_EQ(azure_account("a", "a2V5", "").key, "a2V5");
  EXPECT_EQ(azure_account("a", "a2V5", "").sas, "");
  EXPECT_EQ(azure_account("a", "sv=1&sig=x%3D", "").sas, "sv=1&sig=x%3D");
  EXPECT_EQ(azure_account("a", "sv=1&sig=x%3D", "").key, "");
  EXPECT_EQ(azure_account("a", "?sig=x%3D&sv=1", "").key, "");
  EXPECT_EQ(azure_account("a", "AAAAsig==", "").key, "AAAAsig==") << "one key in sixteen thousand ends so";
}

class AzureAccountOf : public ::testing::Test {
 protected:
  Result<AzureAccount> account() const { return azure_account_of(lookup_in(environment_)); }
  std::string fault() const {
    const auto found = account();
    return found ? "no fault" : found.error().message;
  }
  Environment environment_;
};

TEST_F(AzureAccountOf, TheEnvironmentIsWhatTheVariablesSay) {
  environment_ = {{"AZURE_STORAGE_ACCOUNT", "account1"}, {"AZURE_STORAGE_KEY", "a2V5"}};
  ASSERT_TRUE(account().ok()) << fault();
  EXPECT_EQ(account()->name, "account1");
  EXPECT_EQ(account()->key, "a2V5");
  environment_["AZURE_NO_SIGN_REQUEST"] = "yes";
  EXPECT_EQ(account()->key, "");
}

TEST_F(AzureAccountOf, AConnectionStringSaysItAll) {
  environment_["AZURE_STORAGE_CONNECTION_STRING"] =
      "DefaultEndpointsProtocol=https;AccountName=account1;AccountKey=a2V5Cg==;EndpointSuffix=core.chinacloudapi.cn";
  ASSERT_TRUE(account().ok()) << fault();
  EXPECT_EQ(account()->key, "a2V5Cg==");
  EXPECT_EQ(account()->endpoint, "https://account1.blob.core.chinacloudapi.cn");
  environment_["AZURE_STORAGE_CONNECTION_STRING"] = "BlobEndpoint=http://h/a;SharedAccessSignature=sv=1&sig=x%3D";
  ASSERT_TRUE(account().ok()) << fault();
  EXPECT_EQ(account()->sas, "sv=1&sig=x%3D");
  EXPECT_EQ(account()->endpoint, "http://h/a");
}

TEST_F(AzureAccountOf, WhatIsMissingOrWrongIsNamed) {
  EXPECT_THAT(fault(), HasSubstr("AZURE_STORAGE_ACCOUNT"));
  environment_["AZURE_STORAGE_KEY"] = "a2V5";
  for (const char* name : {"evil.example/#", "a@b", "A", "a/b"}) {
    environment_["AZURE_STORAGE_ACCOUNT"] = name;
    EXPECT_THAT(fault(), HasSubstr("is not the name of a storage account")) << name;
  }
  environment_["AZURE_STORAGE_ACCOUNT"] = "account1";
  environment_["AZURE_STORAGE_SERVICE_ENDPOINT"] = "ftp://x";
  EXPECT_THAT(fault(), HasSubstr("ftp://x"));
}

}  // namespace
}  // namespace pretag
