// Which packets of a stream hold a picture. Private to video/.
#pragma once

#include <cstdint>
#include <span>

#include "pretag/video/ffmpeg_handles.h"

namespace pretag {

// Some packets give no frame though nothing is missing: VP8's that are only referred to (RFC 6386, section 9.1:
// show_frame), MPEG-4's that say that the picture before is shown on (ISO/IEC 14496-2, 6.2.5: vop_coded), and second
// fields of H.264, which transport streams keep in packets of their own (ISO/IEC 14496-10, 7.4.3: field_pic_flag,
// bottom_field_flag). Of the other codecs every packet is taken to hold a picture.
class CodedPictures {
 public:
  explicit CodedPictures(const AVCodecParameters& codec);

  // Of the packets in the order of decoding. Whatever the bytes are, nothing is read but these and, behind them,
  // FFmpeg's padding.
  bool has_picture(std::span<const uint8_t> packet);

 private:
  bool has_mpeg4_picture(std::span<const uint8_t> packet);
  bool has_h264_picture(std::span<const uint8_t> packet);
  void read_object_layer(std::span<const uint8_t> bytes);

  const AVCodecID codec_;
  int time_bits_ = 0;  // of MPEG-4's vop_time_increment; 0: not known yet
  int ahead_ = 0;      // pictures that came in one packet with another, and stand for a later packet without any
  FfmpegHandle<AVCodecParserContext> parser_;                     // of H.264
  FfmpegHandle<AVCodecContext> headers_;                          // that the parser begins with
  AVPictureStructure open_field_ = AV_PICTURE_STRUCTURE_UNKNOWN;  // whose other field is still to come
};

}  // namespace pretag
