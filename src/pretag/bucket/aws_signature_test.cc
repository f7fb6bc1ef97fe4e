#include "pretag/bucket/aws_signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pretag {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kDay = 1369353600;  // 2013-05-24T00:00:00Z, of the example that AWS gives
constexpr char kHost[] = "https://examplebucket.s3.amazonaws.com";

const AwsCredentials kCredentials{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};

std::string signature_of(const BucketAddress& address, const SigningScope& scope = {"us-east-1", kDay},
                         const AwsCredentials& credentials = kCredentials) {
  const std::string url = presigned_url(address, credentials, scope);
  const std::string name = "&X-Amz-Signature=";
  return url.substr(url.find(name) + name.size());
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
TEST(AwsSignature, TheExampleOfTheDocumentationComesOut) {
  EXPECT_EQ(presigned_url({kHost, "/test.txt"}, kCredentials, {"us-east-1", kDay, 86400}),
            "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
            "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
            "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

// All signatures from here on were computed with botocore 1.29.27 (botocore.auth.S3SigV4QueryAuth).

TEST(AwsSignature, AKeyIsSignedAsItIsEncoded) {
  EXPECT_EQ(signature_of({kHost, "/photos/a%20b%C3%BC%2B.jpg"}),
            "76f606a104b97a075792f8bec602d66a677a74941f24d9aa6f498939a59b3dcc");
}

TEST(AwsSignature, HeadersMayBeSigned) {
  const std::string url =
      presigned_url({kHost, "/a.json"}, kCredentials,
                    {.region = "us-east-1",
                     .now = kDay,
                     .method = "PUT",
                     .headers = {{"x-amz-server-side-encryption", "aws:kms"},
                                 {"x-amz-server-side-encryption-aws-kms-key-id", "arn:aws:kms:us-east-1:1:key/2"}}});
  EXPECT_THAT(url, HasSubstr("&X-Amz-SignedHeaders=host%3Bx-amz-server-side-encryption%3B"
                             "x-amz-server-side-encryption-aws-kms-key-id&"));
  EXPECT_THAT(url, EndsWith("=70bdbbeca1a272c31f525bf6e098306e5d44eab81062a4b6410d0cd08b5bcb0f"));
}

TEST(AwsSignature, ParametersAreEncodedAndSigned) {
  const BucketAddress address{"https://examplebucket.s3.eu-central-1.amazonaws.com",
                              "/",
                              {{"list-type", "2"}, {"prefix", "photos/a b&+/"}, {"delimiter", "/"}}};
  EXPECT_EQ(signature_of(address, {"eu-central-1", kDay}),
            "36916b7140ffde299b65e441aecd4346b520c800e818fc1295119c12fbff8653");
  EXPECT_THAT(presigned_url(address, kCredentials, {"eu-central-1", kDay}),
              HasSubstr("&delimiter=%2F&list-type=2&prefix=photos%2Fa%20b%26%2B%2F"));
}

TEST(AwsSignature, TheOrderInWhichParametersAreGivenDoesNotMatter) {
  EXPECT_EQ(presigned_url({kHost, "/", {{"b", "1"}, {"a", "2"}}}, kCredentials, {"us-east-1", kDay}),
            presigned_url({kHost, "/", {{"a", "2"}, {"b", "1"}}}, kCredentials, {"us-east-1", kDay}));
}

// By name and not by "name=value": '-' comes before '='.
TEST(AwsSignature, ANameThatBeginsLikeAnotherIsSortedAfterIt) {
  EXPECT_EQ(signature_of({kHost, "/", {{"a-b", "2"}, {"a", "1"}}}),
            "0d55bd44757cde5bf990749c4c78abfa60d85c51fac627425d67c3bd04a715b9");
}

TEST(AwsSignature, ASessionTokenIsPartOfIt) {
  const AwsCredentials temporary{kCredentials.access_key_id, kCredentials.secret_access_key, "AQoDYXdzEJr/+token=="};
  EXPECT_EQ(signature_of({kHost, "/test.txt"}, {"us-east-1", kDay}, temporary),
            "ec19e44a310afc37bce620346cd54d8b977bfebebbb26791b48a8386797f9a54");
  EXPECT_THAT(presigned_url({kHost, "/test.txt"}, temporary, {"us-east-1", kDay}),
              HasSubstr("&X-Amz-Security-Token=AQoDYXdzEJr%2F%2Btoken%3D%3D&"));
}

TEST(AwsSignature, APortIsSignedWithTheHost) {
  EXPECT_EQ(signature_of({"http://localhost:9000", "/bucket/test.txt"}),
            "001b73948b99cfef48ced2a0e89e0ca5897d9c4a7b1f096c1427b55498b96b66");
}

// Nobody sends it in the header field that is signed (RFC 9110, section 7.2).
TEST(AwsSignature, APortThatGoesWithoutSayingIsNotSigned) {
  constexpr char kWithoutPort[] = "dc6b6cbba7325c8b688c832fc6469b2b784fb8d08eb2744aacb7fad443b459da";
  EXPECT_EQ(signature_of({"https://store.example:443", "/bucket/test.txt"}), kWithoutPort);
  EXPECT_EQ(signature_of({"http://store.example:80", "/bucket/test.txt"}), kWithoutPort);
}

TEST(AwsSignature, TheMethodIsPartOfIt) {
  EXPECT_EQ(signature_of({kHost, "/test.txt"}, {.region = "us-east-1", .now = kDay, .method = "PUT"}),
            "541d154d8518fe4957a6d750edfab533e709ef854c995c00d68ff7ebffcfdb42");
  EXPECT_EQ(signature_of({kHost, "/test.txt"}, {.region = "us-east-1", .now = kDay, .method = "DELETE"}),
            "d38086630621b0f818d478d6118719ecbf3c31e810569a80e1cf7977dbd0742f");
}

TEST(AwsSignature, TheLastSecondOfAYearIsOfItsDay) {
  constexpr int64_t kLastSecond = 4102444799, kWeek = 604800;  // 2099-12-31T23:59:59Z
  EXPECT_EQ(signature_of({kHost, "/test.txt"}, {"us-east-1", kLastSecond, kWeek}),
            "f9fbd6e1749b66520481415d1864711270b415ce1de7aa955112f23caedfac46");
}

TEST(AwsSignature, TheSecretIsNotInTheAddress) {
  EXPECT_THAT(presigned_url({kHost, "/test.txt"}, kCredentials, {"us-east-1", kDay}), Not(HasSubstr("wJalrXUtnFEMI")));
}

TEST(AwsSignature, AnAddressWithoutASignatureHasItsParametersAlone) {
  EXPECT_EQ((BucketAddress{kHost, "/a%20b"}.url()), "https://examplebucket.s3.amazonaws.com/a%20b");
  EXPECT_THAT((BucketAddress{kHost, "/", {{"prefix", "a/b c"}, {"max-keys", "1"}}}.url()),
              EndsWith(".amazonaws.com/?max-keys=1&prefix=a%2Fb%20c"));
}

}  // namespace
}  // namespace pretag
