#include "pretag/bucket/aws_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/faulty_file_system.h"
#include "support/memory_file_system.h"
#include "support/scripted_world.h"

namespace pretag {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(AwsProfile, AConfigurationNamesItsProfilesEitherWay) {
  const char* text =
      "[default]\nregion = eu-west-1\n\n[profile dev]\nregion=eu-central-1\noutput = json\n[bare]\nregion = x\n";
  EXPECT_THAT(parse_aws_profile(text, "default"), ElementsAre(Pair("region", "eu-west-1")));
  EXPECT_THAT(parse_aws_profile(text, "dev"), ElementsAre(Pair("output", "json"), Pair("region", "eu-central-1")));
  EXPECT_THAT(parse_aws_profile(text, "bare"), ElementsAre(Pair("region", "x")));
}

TEST(AwsProfile, NamesWithBlanksAreQuoted) {
  for (const char* quoted :
       {"[profile 'my dev']\nregion = a\n", "[profile \"my dev\"]\nregion = a\n", "[my dev]\nregion = a\n"}) {
    EXPECT_EQ(parse_aws_profile(quoted, "my dev"), (AwsProfile{{"region", "a"}})) << quoted;
  }
  EXPECT_EQ(parse_aws_profile("[profile o'brien]\nregion = a\n", "o'brien"), (AwsProfile{{"region", "a"}}));
}

TEST(AwsProfile, OnlyTheWholeNameIsTheName) {
  EXPECT_THAT(parse_aws_profile("[profile developer]\nregion = a\n[sso-session dev]\nregion = b\n", "dev"), IsEmpty());
}

TEST(AwsProfile, AProfileInTwoPiecesIsOne) {
  EXPECT_THAT(parse_aws_profile("[a]\nx = 1\ny = 1\n[b]\nx = 2\n[a]\ny = 3\n", "a"),
              ElementsAre(Pair("x", "1"), Pair("y", "3")));
}

TEST(AwsProfile, NamesAreInLowerCaseAndValuesAsTheyStand) {
  EXPECT_THAT(parse_aws_profile("[a]\nAWS_Secret_Access_Key =  AbC/=+dE== \n", "a"),
              ElementsAre(Pair("aws_secret_access_key", "AbC/=+dE==")));
}

TEST(AwsProfile, WhatIsNoSettingIsPassedOver) {
  EXPECT_THAT(
      parse_aws_profile("region = before\n[a]\n# region = hash\n; region = semicolon\nnonsense\n\nk = v\n", "a"),
      ElementsAre(Pair("k", "v")));
}

TEST(AwsProfile, WhatIsIndentedBelongsToTheSettingAbove) {
  EXPECT_THAT(parse_aws_profile("[a]\nregion = outer\ns3 =\n  region = inner\n\tregion = inner\n", "a"),
              ElementsAre(Pair("region", "outer"), Pair("s3", "")));
}

TEST(AwsProfile, FilesOfWindowsAreReadToo) {
  EXPECT_THAT(parse_aws_profile("\xEF\xBB\xBF[default]\r\nregion = eu-west-1\r\n", "default"),
              ElementsAre(Pair("region", "eu-west-1")));
}

TEST(AwsProfile, BrokenTextGivesNothing) {
  for (const char* text : {"", "[", "[]", "]\n", "[default", "=\n", "[profile ]\nregion = x"}) {
    EXPECT_THAT(parse_aws_profile(text, "default"), IsEmpty()) << text;
  }
}

class ReadAwsProfileTest : public ::testing::Test {
 protected:
  Result<AwsProfile> read() const { return read_aws_profile(lookup_in(environment_), files_); }

  Environment environment_ = {{"HOME", "/home/me"}};
  MemoryFileSystem memory_;
  FaultyFileSystem files_{memory_};
};

TEST_F(ReadAwsProfileTest, BothFilesInTheHomeAreReadAndCredentialsHaveTheLastWord) {
  memory_.add("/home/me/.aws/config", "[default]\nregion = eu-west-1\naws_access_key_id = of config\n");
  memory_.add("/home/me/.aws/credentials", "[default]\naws_access_key_id = of credentials\n");
  EXPECT_THAT(*read(), ElementsAre(Pair("aws_access_key_id", "of credentials"), Pair("region", "eu-west-1")));
}

TEST_F(ReadAwsProfileTest, AVariableNamesTheProfile) {
  memory_.add("/home/me/.aws/config", "[default]\nregion = a\n[profile dev]\nregion = b\n");
  memory_.add("/home/me/.aws/credentials", "[dev]\naws_access_key_id = c\n");
  environment_["AWS_PROFILE"] = "dev";
  EXPECT_THAT(*read(), ElementsAre(Pair("aws_access_key_id", "c"), Pair("region", "b")));
  environment_["AWS_PROFILE"] = "";
  EXPECT_THAT(*read(), ElementsAre(Pair("region", "a")));
}

TEST_F(ReadAwsProfileTest, VariablesNameTheFiles) {
  memory_.add("/home/me/.aws/config", "[default]\nregion = of home\n");
  memory_.add("/etc/c", "[default]\nregion = of variable\n");
  memory_.add("/etc/k", "[default]\naws_access_key_id = key\n");
  environment_["AWS_CONFIG_FILE"] = "/etc/c";
  environment_["AWS_SHARED_CREDENTIALS_FILE"] = "/etc/k";
  EXPECT_THAT(*read(), ElementsAre(Pair("aws_access_key_id", "key"), Pair("region", "of variable")));
}

TEST_F(ReadAwsProfileTest, NobodyHasToHaveTheFiles) {
  EXPECT_THAT(*read(), IsEmpty());
  environment_.clear();
  EXPECT_THAT(*read(), IsEmpty());
}

TEST_F(ReadAwsProfileTest, ANamedProfileMustBeThere) {
  memory_.add("/home/me/.aws/config", "[default]\nregion = a\n");
  environment_["AWS_PROFILE"] = "de\nv";
  const auto profile = read();
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(profile.error().message,
              AllOf(HasSubstr("AWS_PROFILE"), HasSubstr("'de?v'"), HasSubstr("/home/me/.aws/config"),
                    HasSubstr("/home/me/.aws/credentials")));
}

TEST_F(ReadAwsProfileTest, AFileThatCannotBeReadIsAnError) {
  memory_.add("/home/me/.aws/credentials", "[default]\n");
  files_.fail_reads_of("/home/me/.aws/credentials", {ErrorCode::kIo, "/home/me/.aws/credentials: Permission denied"});
  const auto profile = read();
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().code, ErrorCode::kIo);
  EXPECT_THAT(profile.error().message, HasSubstr("Permission denied"));
}

}  // namespace
}  // namespace pretag
