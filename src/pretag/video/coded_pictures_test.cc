#include "pretag/video/coded_pictures.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace pretag {
namespace {

using Bytes = std::vector<uint8_t>;

AVCodecParameters of_codec(AVCodecID codec) {
  AVCodecParameters parameters{};
  parameters.codec_id = codec;
  return parameters;
}

// A section of MPEG-4's: its start code, and bits given as text, filled up with zeros.
Bytes section(uint8_t code, const std::string& bits) {
  Bytes bytes = {0, 0, 1, code};
  for (size_t i = 0; i < bits.size(); ++i) {
    if (i % 8 == 0) bytes.push_back(0);
    if (bits[i] == '1') bytes.back() = static_cast<uint8_t>(bytes.back() | 0x80 >> i % 8);
  }
  return bytes;
}

// As FFmpeg hands packets out: its parser of H.264 may look at what is behind them.
bool has_picture(CodedPictures& pictures, Bytes packet) {
  const size_t size = packet.size();
  packet.resize(size + AV_INPUT_BUFFER_PADDING_SIZE);
  return pictures.has_picture({packet.data(), size});
}

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

// Thirty ticks a second: five bits of time.
const Bytes kObjectLayer = section(0x20,
                                   "0"
                                   "00000001"
                                   "0"
                                   "0001"
                                   "0"
                                   "00"
                                   "1"
                                   "0000000000011110"
                                   "1");
const Bytes kCoded = section(0xB6,
                             "01"
                             "0"
                             "1"
                             "00101"
                             "1"
                             "1"
                             "0110");
const Bytes kNotCoded = section(0xB6,
                                "01"
                                "10"
                                "1"
                                "00110"
                                "1"
                                "0");

TEST(CodedPictures, FramesOfVp8ThatAreOnlyReferredToAreNone) {
  CodedPictures pictures(of_codec(AV_CODEC_ID_VP8));
  EXPECT_TRUE(pictures.has_picture(Bytes{0x10, 1, 2}));
  EXPECT_FALSE(pictures.has_picture(Bytes{0xE1, 1, 2}));
  EXPECT_TRUE(pictures.has_picture(Bytes{}));
}

TEST(CodedPictures, OfOtherCodecsEveryPacketHasOne) {
  CodedPictures pictures(of_codec(AV_CODEC_ID_H264));
  EXPECT_TRUE(has_picture(pictures, Bytes{0, 0, 0}));
  EXPECT_TRUE(has_picture(pictures, kObjectLayer + kNotCoded));
}

TEST(CodedPictures, OfMpeg4ThoseThatAreNotCodedAreNone) {
  CodedPictures pictures(of_codec(AV_CODEC_ID_MPEG4));
  EXPECT_TRUE(pictures.has_picture(kNotCoded)) << "how many bits the time has is not known yet";
  EXPECT_TRUE(pictures.has_picture(kObjectLayer + kCoded));
  EXPECT_FALSE(pictures.has_picture(kNotCoded));
  EXPECT_TRUE(pictures.has_picture(kCoded));
  EXPECT_TRUE(pictures.has_picture(Bytes{1, 2, 3})) << "what is no picture to us may be one to the decoder";
}

// Interlaced pictures of 16 x 32 pixels: sequence and picture parameters, and the begin of an intra slice.
const Bytes kParametersOfH264 = section(0x67,
                                        "01001101"
                                        "00000000"
                                        "00011110"
                                        "1"
                                        "1"
                                        "1"
                                        "1"
                                        "010"
                                        "0"
                                        "1"
                                        "1"
                                        "0"
                                        "0"
                                        "1"
                                        "0"
                                        "0"
                                        "1") +
                                section(0x68,
                                        "1"
                                        "1"
                                        "0"
                                        "0"
                                        "1"
                                        "1"
                                        "1"
                                        "0"
                                        "00"
                                        "1"
                                        "1"
                                        "1"
                                        "000"
                                        "1");
Bytes slice(const std::string& structure, const std::string& number = "0000") {
  return section(0x61,
                 "1"
                 "0001000"
                 "1" +
                     number + structure +
                     "0000"
                     "0"
                     "1"
                     "1");
}

TEST(CodedPictures, OfH264TheSecondFieldIsNoneOfItsOwn) {
  const Bytes frame = slice("0"), top = slice("10"), bottom = slice("11");
  CodedPictures pictures(of_codec(AV_CODEC_ID_H264));
  EXPECT_TRUE(has_picture(pictures, kParametersOfH264 + frame));
  EXPECT_TRUE(has_picture(pictures, frame));
  EXPECT_TRUE(has_picture(pictures, top));
  EXPECT_FALSE(has_picture(pictures, bottom));
  EXPECT_TRUE(has_picture(pictures, bottom));
  EXPECT_FALSE(has_picture(pictures, top));
  EXPECT_TRUE(has_picture(pictures, top + bottom)) << "a packet of MP4 has both";
  EXPECT_TRUE(has_picture(pictures, top + bottom));
  EXPECT_TRUE(has_picture(pictures, frame)) << "the other field was lost";
  EXPECT_TRUE(has_picture(pictures, bottom));
  EXPECT_TRUE(has_picture(pictures, slice("10", "0001"))) << "of the picture after it, whose first field was lost";
  EXPECT_FALSE(has_picture(pictures, slice("11", "0001")));
}

TEST(CodedPictures, HeadersBesideTheStreamCount) {
  Bytes headers = kObjectLayer;
  AVCodecParameters parameters = of_codec(AV_CODEC_ID_MPEG4);
  parameters.extradata = headers.data();
  parameters.extradata_size = static_cast<int>(headers.size());
  EXPECT_FALSE(CodedPictures(parameters).has_picture(kNotCoded));
}

TEST(CodedPictures, OneThatIsPackedWithAnotherStandsForTheNextPacket) {
  CodedPictures pictures(of_codec(AV_CODEC_ID_MPEG4));
  EXPECT_TRUE(pictures.has_picture(kObjectLayer + kCoded + kCoded));
  EXPECT_TRUE(pictures.has_picture(kNotCoded));
  EXPECT_FALSE(pictures.has_picture(kNotCoded));
}

TEST(CodedPictures, AnyBytesWillDo) {
  std::mt19937 random(1);
  CodedPictures mpeg4(of_codec(AV_CODEC_ID_MPEG4)), h264(of_codec(AV_CODEC_ID_H264));
  for (int i = 0; i < 10'000; ++i) {
    Bytes tail;
    for (size_t left = random() % 12; left > 0; --left) tail.push_back(static_cast<uint8_t>(random() % 3 * 127));
    (void)has_picture(mpeg4, section(i % 2 == 0 ? 0x20 : 0xB6, "") + tail);
    (void)has_picture(h264, (i % 3 == 0 ? kParametersOfH264 : Bytes()) + section(i % 2 == 0 ? 0x67 : 0x61, "") + tail);
  }
}

}  // namespace
}  // namespace pretag
