// JPEG through libjpeg-turbo, with the settings that Pillow and torchvision use (slow integer DCT, smooth upsampling),
// so that pixels are theirs. libjpeg fills what is missing with grey and only warns; here a warning that means lost
// pixels is an error.
#include <csetjmp>
#include <cstdio>
// jpeglib.h needs size_t and FILE from the headers above.
#include <fmt/format.h>
#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "pretag/image/codec.h"
#include "pretag/image/exif.h"

namespace pretag {
namespace {

// Progressive files use about ten scans. Each scan costs a pass over all coefficients, however few bytes it has.
constexpr int kMaxScans = 100;
constexpr size_t kCmykChannels = 4;
constexpr unsigned kSmallestShare = 8;  // one pixel of every block of 8 x 8

// libjpeg calls back through `err` and `progress`, whose first members these are.
struct ErrorManager {
  jpeg_error_mgr base{};
  std::jmp_buf escape{};
  const JOCTET* first_byte = nullptr;  // of the file
  bool in_pixels = false;              // beyond the headers: every byte skipped from here on is lost data
  bool unsupported = false;
  std::array<char, JMSG_LENGTH_MAX> message{};
};

ErrorManager& manager_of(j_common_ptr info) { return *reinterpret_cast<ErrorManager*>(info->err); }

[[noreturn]] void leave(j_common_ptr info) {
  ErrorManager& errors = manager_of(info);
  info->err->format_message(info, errors.message.data());
  std::longjmp(errors.escape, 1);
}

[[noreturn]] void on_error(j_common_ptr info) {
  switch (info->err->msg_code) {
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_ARITH_NOTIMPL:
    case JERR_OUT_OF_MEMORY:
      manager_of(info).unsupported = true;
      break;
    default:
      break;
  }
  leave(info);
}

// Some cameras pad the picture with zeros or fill bytes before its end marker. Anything else there is entropy-coded
// data that the decoder could not place. The source's position is behind the last skipped byte.
bool is_padding_before_end(const jpeg_decompress_struct& decoder) {
  if (decoder.err->msg_parm.i[1] != JPEG_EOI) return false;
  const JOCTET* last = decoder.src->next_input_byte;
  const JOCTET* first = reinterpret_cast<const ErrorManager*>(decoder.err)->first_byte;
  const ptrdiff_t count = std::clamp<ptrdiff_t>(decoder.err->msg_parm.i[0], 0, last - first);
  return std::all_of(last - count, last, [](JOCTET byte) { return byte == 0 || byte == 0xFF; });
}

bool loses_pixels(j_common_ptr info) {
  switch (info->err->msg_code) {
    case JWRN_ADOBE_XFORM:     // an unknown colour transform is guessed
    case JWRN_JFIF_MAJOR:      // a version number
    case JWRN_BOGUS_ICC:       // the profile is not used
    case JWRN_NOT_SEQUENTIAL:  // parameters that a baseline decoder ignores
      return false;
    case JWRN_EXTRANEOUS_DATA:
      return manager_of(info).in_pixels && !is_padding_before_end(*reinterpret_cast<jpeg_decompress_struct*>(info));
    default:
      return true;
  }
}

void on_message(j_common_ptr info, int level) {
  if (level < 0 && loses_pixels(info)) leave(info);  // above 0 are traces
}

void on_progress(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMaxScans) return;
  ErrorManager& errors = manager_of(info);
  fmt::format_to_n(errors.message.data(), errors.message.size() - 1, "more than {} scans", kMaxScans);
  std::longjmp(errors.escape, 1);
}

// libjpeg reports an error by a longjmp to the setjmp of the member function at work. None of them holds an object with
// a destructor, so nothing is skipped; buffers are members.
class JpegReader {
 public:
  explicit JpegReader(std::span<const std::byte> bytes) : bytes_(bytes) {
    decoder_.err = jpeg_std_error(&errors_.base);
    errors_.first_byte = reinterpret_cast<const JOCTET*>(bytes_.data());
    errors_.base.error_exit = on_error;
    errors_.base.emit_message = on_message;
    progress_.progress_monitor = on_progress;
  }
  ~JpegReader() { jpeg_destroy_decompress(&decoder_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  bool read_header() {
    if (setjmp(errors_.escape) != 0) return false;
    jpeg_create_decompress(&decoder_);
    decoder_.progress = &progress_;
    jpeg_mem_src(&decoder_, errors_.first_byte, bytes_.size());
    jpeg_save_markers(&decoder_, JPEG_APP0 + 1, 0xFFFF);
    jpeg_read_header(&decoder_, TRUE);
    errors_.in_pixels = true;
    return true;
  }

  int64_t width() const { return decoder_.image_width; }
  int64_t height() const { return decoder_.image_height; }
  // Of the pixels to be read, from prepare() on.
  int64_t output_width() const { return decoder_.output_width; }
  int64_t output_height() const { return decoder_.output_height; }

  // Huffman coding spends at least a bit on every block of 8 x 8 samples.
  bool fits_its_dimensions() const {
    uint64_t blocks = 0;
    for (int i = 0; i < decoder_.num_components; ++i) {
      blocks += uint64_t{decoder_.comp_info[i].width_in_blocks} * decoder_.comp_info[i].height_in_blocks;
    }
    return decoder_.arith_code || blocks / 8 <= bytes_.size();
  }

  int orientation() const {
    for (jpeg_saved_marker_ptr marker = decoder_.marker_list; marker != nullptr; marker = marker->next) {
      const std::span block(reinterpret_cast<const std::byte*>(marker->data), marker->data_length);
      if (const int orientation = exif_orientation(block); orientation != 1) return orientation;
    }
    return 1;
  }

  bool prepare(int longer_side_needed) {
    if (setjmp(errors_.escape) != 0) return false;
    is_cmyk_ = decoder_.jpeg_color_space == JCS_CMYK || decoder_.jpeg_color_space == JCS_YCCK;
    decoder_.out_color_space = is_cmyk_ ? JCS_CMYK : JCS_RGB;
    decoder_.dct_method = JDCT_ISLOW;
    decoder_.do_fancy_upsampling = TRUE;
    if (longer_side_needed > 0) {
      while (decoder_.scale_denom < kSmallestShare && longer_side_at(decoder_.scale_denom * 2) >= longer_side_needed) {
        decoder_.scale_denom *= 2;
      }
    }
    jpeg_calc_output_dimensions(&decoder_);
    if (is_cmyk_) cmyk_row_.resize(static_cast<size_t>(output_width()) * kCmykChannels);
    return true;
  }

  bool read_pixels(Image& image) {
    if (setjmp(errors_.escape) != 0) return false;
    jpeg_start_decompress(&decoder_);
    while (decoder_.output_scanline < decoder_.output_height) {
      const int y = static_cast<int>(decoder_.output_scanline);
      JSAMPROW row = is_cmyk_ ? cmyk_row_.data() : image.row(y);
      jpeg_read_scanlines(&decoder_, &row, 1);
      if (is_cmyk_) convert_cmyk_row(image.row(y));
    }
    jpeg_finish_decompress(&decoder_);
    return true;
  }

  Error error() const {
    if (errors_.unsupported) return {ErrorCode::kUnsupported, fmt::format("unsupported JPEG: {}", message())};
    if (errors_.base.msg_code == JWRN_JPEG_EOF || errors_.base.msg_code == JERR_INPUT_EOF) {
      return {ErrorCode::kCorrupt, "truncated JPEG: the file ends before the image does"};
    }
    return {ErrorCode::kCorrupt, fmt::format("damaged JPEG: {}", message())};
  }

 private:
  int64_t longer_side_at(int64_t share) const { return (std::max(width(), height()) + share - 1) / share; }

  std::string message() const { return errors_.message.data(); }

  // Adobe writes inks inverted (255 is no ink), everyone else as they are.
  void convert_cmyk_row(uint8_t* rgb) const {
    const uint8_t flip = decoder_.saw_Adobe_marker ? 0 : 255;
    const auto product = [](int a, int b) { return static_cast<uint8_t>((a * b + 127) / 255); };
    for (size_t i = 0; i < cmyk_row_.size(); i += kCmykChannels, rgb += 3) {
      const int no_black = cmyk_row_[i + 3] ^ flip;
      for (size_t c = 0; c < 3; ++c) rgb[c] = product(cmyk_row_[i + c] ^ flip, no_black);
    }
  }

  std::span<const std::byte> bytes_;
  ErrorManager errors_;
  jpeg_progress_mgr progress_{};
  jpeg_decompress_struct decoder_{};
  bool is_cmyk_ = false;
  std::vector<uint8_t> cmyk_row_;
};

}  // namespace

Result<StoredImage> decode_jpeg(std::span<const std::byte> bytes, const DecodeOptions& options) {
  JpegReader reader(bytes);
  if (!reader.read_header()) return reader.error();
  PRETAG_TRY(check_dimensions(reader.width(), reader.height(), options));
  if (!reader.fits_its_dimensions()) return implausible_dimensions(reader.width(), reader.height(), bytes.size());
  if (!reader.prepare(options.longer_side_needed)) return reader.error();
  StoredImage stored{allocate_image(reader.output_width(), reader.output_height()), reader.orientation()};
  if (!reader.read_pixels(stored.image)) return reader.error();
  return stored;
}

}  // namespace pretag
