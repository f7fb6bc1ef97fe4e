#include "pretag/io/sha256.h"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temporary_folder.h"

namespace pretag {
namespace {

// Examples of FIPS 180-2, appendix B.
constexpr const char* kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* kTwoBlocks = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
constexpr const char* kNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::span<const std::byte> bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

TEST(Sha256, AgreesWithTheStandard) {
  EXPECT_EQ(sha256_hex(bytes("abc")), kAbc);
  EXPECT_EQ(sha256_hex(bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")), kTwoBlocks);
  EXPECT_EQ(sha256_hex({}), kNothing);
}

TEST(Sha256, PiecesGiveTheSameAsTheWhole) {
  Sha256 digest;
  digest.update(bytes("a"));
  digest.update({});
  digest.update(bytes("bc"));
  EXPECT_EQ(digest.hex(), kAbc);
}

TEST(Sha256, ReadsFiles) {
  const TemporaryFolder directory;
  std::ofstream(directory / "abc") << "abc";
  std::ofstream(directory / "empty").flush();
  EXPECT_EQ(*sha256_of_file(directory / "abc"), kAbc);
  EXPECT_EQ(*sha256_of_file(directory / "empty"), kNothing);
  EXPECT_EQ(sha256_of_file(directory / "none").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace pretag
