#include "pretag/video/coded_pictures.h"

#include <algorithm>
#include <bit>
#include <cstddef>

namespace pretag {
namespace {

// Of bits, the highest of each byte first; beyond the end there are zeros.
class Bits {
 public:
  explicit Bits(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  uint32_t read(int count) {
    uint32_t value = 0;
    for (; count > 0; --count, ++at_) {
      const size_t byte = at_ / 8;
      const uint32_t bit = byte < bytes_.size() ? bytes_[byte] >> (7 - at_ % 8) & 1U : 0;
      value = value << 1 | bit;
    }
    return value;
  }
  void skip(size_t count) { at_ += count; }
  bool is_beyond_end() const { return at_ > 8 * bytes_.size(); }

 private:
  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
};

// What follows each start code: its number, and the bytes behind it.
template <class Visit>
void for_each_section(std::span<const uint8_t> bytes, const Visit& visit) {
  constexpr size_t kCode = 4;  // 00 00 01 xx
  for (size_t i = 0; i + kCode <= bytes.size(); ++i) {
    if (bytes[i] != 0 || bytes[i + 1] != 0 || bytes[i + 2] != 1) continue;
    visit(bytes[i + 3], bytes.subspan(i + kCode));
    i += kCode - 1;
  }
}

constexpr uint8_t kVop = 0xB6;
bool is_object_layer(uint8_t code) { return code >= 0x20 && code <= 0x2F; }

// vop_coded of a VOP whose vop_time_increment has so many bits.
bool is_coded(std::span<const uint8_t> vop, int time_bits) {
  constexpr size_t kCodingType = 2, kMarker = 1;
  Bits bits(vop);
  bits.skip(kCodingType);
  while (bits.read(1) != 0 && !bits.is_beyond_end()) {  // modulo_time_base
  }
  bits.skip(kMarker + static_cast<size_t>(time_bits) + kMarker);
  const bool coded = bits.read(1) != 0;
  return coded || bits.is_beyond_end();
}

}  // namespace

CodedPictures::CodedPictures(const AVCodecParameters& codec) : codec_(codec.codec_id) {
  if (codec_ == AV_CODEC_ID_H264) {
    headers_.reset(avcodec_alloc_context3(nullptr));
    parser_.reset(av_parser_init(codec_));
    const bool works = parser_ && headers_ && avcodec_parameters_to_context(headers_.get(), &codec) >= 0;
    if (works) {
      parser_->flags |= PARSER_FLAG_COMPLETE_FRAMES;
    } else {
      parser_.reset();
    }
  }
  if (codec_ != AV_CODEC_ID_MPEG4 || codec.extradata == nullptr) return;
  const std::span<const uint8_t> headers(codec.extradata, static_cast<size_t>(codec.extradata_size));
  for_each_section(headers, [&](uint8_t code, std::span<const uint8_t> bytes) {
    if (is_object_layer(code)) read_object_layer(bytes);
  });
}

bool CodedPictures::has_picture(std::span<const uint8_t> packet) {
  constexpr uint8_t kShowFrame = 1 << 4;
  if (codec_ == AV_CODEC_ID_VP8) return packet.empty() || (packet[0] & kShowFrame) != 0;
  if (codec_ == AV_CODEC_ID_H264) return has_h264_picture(packet);
  return codec_ != AV_CODEC_ID_MPEG4 || has_mpeg4_picture(packet);
}

// A field completes the picture of the one before if it is the other of the two, of the same number, which is when the
// parser knows their order. Where both are in one packet, as in MP4, each packet begins with the same one.
bool CodedPictures::has_h264_picture(std::span<const uint8_t> packet) {
  if (!parser_) return true;
  uint8_t* unused = nullptr;
  int unused_size = 0;
  parser_->picture_structure = AV_PICTURE_STRUCTURE_UNKNOWN;
  parser_->field_order = AV_FIELD_UNKNOWN;
  av_parser_parse2(parser_.get(), headers_.get(), &unused, &unused_size, packet.data(), static_cast<int>(packet.size()),
                   AV_NOPTS_VALUE, AV_NOPTS_VALUE, 0);
  const AVPictureStructure structure = parser_->picture_structure;
  const bool is_field = structure == AV_PICTURE_STRUCTURE_TOP_FIELD || structure == AV_PICTURE_STRUCTURE_BOTTOM_FIELD;
  const bool is_other = is_field && open_field_ != AV_PICTURE_STRUCTURE_UNKNOWN && open_field_ != structure;
  const bool completes = is_other && parser_->field_order != AV_FIELD_UNKNOWN;
  open_field_ = is_field && !completes ? structure : AV_PICTURE_STRUCTURE_UNKNOWN;
  return !completes;
}

bool CodedPictures::has_mpeg4_picture(std::span<const uint8_t> packet) {
  int coded = 0, all = 0;
  for_each_section(packet, [&](uint8_t code, std::span<const uint8_t> bytes) {
    if (is_object_layer(code)) read_object_layer(bytes);
    if (code != kVop) return;
    ++all;
    if (time_bits_ == 0 || is_coded(bytes, time_bits_)) ++coded;
  });
  // DivX packs a picture together with one that is decoded before it, and a packet without any follows.
  if (coded > 1) ahead_ += coded - 1;
  if (coded > 0 || all == 0) return true;
  if (ahead_ == 0) return false;
  --ahead_;
  return true;
}

// ISO/IEC 14496-2, 6.2.3, up to vop_time_increment_resolution.
void CodedPictures::read_object_layer(std::span<const uint8_t> bytes) {
  constexpr uint32_t kExtendedAspect = 15, kGreyScale = 3;
  Bits bits(bytes);
  bits.skip(1 + 8);  // random_accessible_vol, video_object_type_indication
  uint32_t version = 1;
  if (bits.read(1) != 0) {  // is_object_layer_identifier
    version = bits.read(4);
    bits.skip(3);  // priority
  }
  if (bits.read(4) == kExtendedAspect) bits.skip(8 + 8);
  if (bits.read(1) != 0) {                                     // vol_control_parameters
    bits.skip(2 + 1);                                          // chroma_format, low_delay
    if (bits.read(1) != 0) bits.skip(16 + 16 + 16 + 15 + 16);  // vbv_parameters
  }
  if (bits.read(2) == kGreyScale && version != 1) bits.skip(4);
  bits.skip(1);
  const uint32_t resolution = bits.read(16);
  if (resolution == 0 || bits.is_beyond_end()) return;
  time_bits_ = std::max(1, static_cast<int>(std::bit_width(resolution - 1)));
}

}  // namespace pretag
