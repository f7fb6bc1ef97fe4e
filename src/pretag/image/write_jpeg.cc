// JPEG through libjpeg-turbo, into memory.
#include <csetjmp>
#include <cstdio>
// jpeglib.h needs size_t and FILE from the headers above.
#include <fmt/format.h>
#include <jerror.h>
#include <jpeglib.h>

#include <array>
#include <new>

#include "pretag/image/codec.h"

namespace pretag {
namespace {

constexpr size_t kFirstBytes = size_t{1} << 16;

// libjpeg reports an error by a longjmp to the setjmp of the member function at work, which holds no object with a
// destructor, so nothing is skipped; the bytes are a member.
class JpegWriter {
 public:
  JpegWriter() {
    encoder_.err = jpeg_std_error(&errors_);
    encoder_.client_data = this;
    errors_.error_exit = on_error;
    errors_.emit_message = [](j_common_ptr, int) {};
    destination_.init_destination = grow;
    destination_.empty_output_buffer = [](j_compress_ptr encoder) -> boolean { return grow(encoder), TRUE; };
    destination_.term_destination = [](j_compress_ptr encoder) {
      JpegWriter& writer = writer_of(encoder->client_data);
      writer.bytes_.resize(writer.bytes_.size() - writer.destination_.free_in_buffer);
    };
  }
  ~JpegWriter() { jpeg_destroy_compress(&encoder_); }
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;

  bool write(const Image& image, int quality) {
    if (setjmp(escape_) != 0) return false;
    jpeg_create_compress(&encoder_);
    encoder_.dest = &destination_;
    encoder_.image_width = static_cast<JDIMENSION>(image.width);
    encoder_.image_height = static_cast<JDIMENSION>(image.height);
    encoder_.input_components = 3;
    encoder_.in_color_space = JCS_RGB;
    jpeg_set_defaults(&encoder_);
    jpeg_set_quality(&encoder_, quality, TRUE);
    jpeg_start_compress(&encoder_, TRUE);
    while (encoder_.next_scanline < encoder_.image_height) {
      // It is only read.
      auto* row = const_cast<JSAMPROW>(image.row(static_cast<int>(encoder_.next_scanline)));
      jpeg_write_scanlines(&encoder_, &row, 1);
    }
    jpeg_finish_compress(&encoder_);
    return true;
  }

  std::vector<std::byte> take_bytes() { return std::move(bytes_); }
  Error error() const { return {ErrorCode::kInternal, fmt::format("the JPEG encoder failed: {}", message_.data())}; }

 private:
  static JpegWriter& writer_of(void* pointer) { return *static_cast<JpegWriter*>(pointer); }

  [[noreturn]] static void on_error(j_common_ptr info) {
    JpegWriter& writer = writer_of(info->client_data);
    info->err->format_message(info, writer.message_.data());
    std::longjmp(writer.escape_, 1);
  }

  // All room was used, and there shall be as much again.
  static void grow(j_compress_ptr encoder) {
    JpegWriter& writer = writer_of(encoder->client_data);
    std::vector<std::byte>& bytes = writer.bytes_;
    const size_t used = bytes.size();
    bool enough = true;
    try {
      bytes.resize(used == 0 ? kFirstBytes : 2 * used);
    } catch (const std::bad_alloc&) {
      enough = false;  // no exception passes through libjpeg
    }
    if (!enough) ERREXIT1(encoder, JERR_OUT_OF_MEMORY, 0);
    writer.destination_.next_output_byte = reinterpret_cast<JOCTET*>(bytes.data() + used);
    writer.destination_.free_in_buffer = bytes.size() - used;
  }

  std::jmp_buf escape_{};
  std::array<char, JMSG_LENGTH_MAX> message_{};
  jpeg_error_mgr errors_{};
  jpeg_destination_mgr destination_{};
  jpeg_compress_struct encoder_{};
  std::vector<std::byte> bytes_;
};

}  // namespace

Result<std::vector<std::byte>> write_jpeg(const Image& image, int quality) {
  JpegWriter writer;
  if (!writer.write(image, quality)) return writer.error();
  return writer.take_bytes();
}

}  // namespace pretag
