#include "pretag/image/exif.h"

#include <gtest/gtest.h>

#include "support/test_images.h"

namespace pretag {
namespace {

TEST(ExifOrientation, ReadsBothByteOrdersWithAndWithoutPrefix) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    for (const bool big_endian : {false, true}) {
      const Bytes block = make_exif_block(orientation, big_endian);
      Bytes prefixed = to_bytes(std::string_view("Exif\0\0", 6));
      prefixed.insert(prefixed.end(), block.begin(), block.end());
      EXPECT_EQ(exif_orientation(block), orientation);
      EXPECT_EQ(exif_orientation(prefixed), orientation);
    }
  }
}

TEST(ExifOrientation, IsUprightWhenImpossible) {
  EXPECT_EQ(exif_orientation({}), 1);
  EXPECT_EQ(exif_orientation(make_exif_block(0)), 1);
  EXPECT_EQ(exif_orientation(make_exif_block(9)), 1);
  Bytes of_another_type = make_exif_block(6);
  of_another_type[12] = std::byte{2};  // ASCII
  EXPECT_EQ(exif_orientation(of_another_type), 1);
}

TEST(ExifOrientation, StaysInsideDamagedBlocks) {
  const Bytes block = make_exif_block(6);
  for (size_t size = 0; size < 20; ++size) EXPECT_EQ(exif_orientation({block.data(), size}), 1) << size;
  Bytes far_directory = block, many_entries = block;
  for (size_t i = 4; i < 8; ++i) far_directory[i] = std::byte{0xFF};
  EXPECT_EQ(exif_orientation(far_directory), 1);
  many_entries[8] = many_entries[9] = std::byte{0xFF};
  many_entries[10] = std::byte{0};  // the first entry is another tag
  EXPECT_EQ(exif_orientation(many_entries), 1);
}

}  // namespace
}  // namespace pretag
