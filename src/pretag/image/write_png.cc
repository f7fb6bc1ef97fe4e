// PNG through libpng, into memory.
#include <fmt/format.h>
#include <png.h>
#include <zlib.h>

#include <array>
#include <cstring>
#include <new>

#include "pretag/image/codec.h"

namespace pretag {
namespace {

// libpng reports an error by a longjmp to the setjmp of the member function at work, which holds no object with a
// destructor, so nothing is skipped; the bytes are a member.
class PngWriter {
 public:
  PngWriter() {
    png_ = png_create_write_struct(PNG_LIBPNG_VER_STRING, this, on_error, [](png_structp, png_const_charp) {});
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_write_struct(&png_, nullptr);
      throw std::bad_alloc();
    }
  }
  ~PngWriter() { png_destroy_write_struct(&png_, &info_); }
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;

  bool write(const Image& image, PngContent content) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_set_write_fn(png_, this, on_write, [](png_structp) {});
    png_set_IHDR(png_, info_, static_cast<png_uint_32>(image.width), static_cast<png_uint_32>(image.height), 8,
                 PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    const bool photograph = content == PngContent::kPhotograph;
    png_set_filter(png_, PNG_FILTER_TYPE_BASE, photograph ? PNG_FILTER_SUB : PNG_FILTER_NONE);
    png_set_compression_level(png_, photograph ? Z_BEST_SPEED : Z_DEFAULT_COMPRESSION);
    png_set_compression_strategy(png_, photograph ? Z_RLE : Z_DEFAULT_STRATEGY);
    png_write_info(png_, info_);
    for (int y = 0; y < image.height; ++y) png_write_row(png_, image.row(y));
    png_write_end(png_, info_);
    return true;
  }

  std::vector<std::byte> take_bytes() { return std::move(bytes_); }
  Error error() const { return {ErrorCode::kInternal, fmt::format("the PNG encoder failed: {}", message_.data())}; }

 private:
  [[noreturn]] static void on_error(png_structp png, png_const_charp message) {
    auto& writer = *static_cast<PngWriter*>(png_get_error_ptr(png));
    std::strncpy(writer.message_.data(), message, writer.message_.size() - 1);
    png_longjmp(png, 1);
  }

  static void on_write(png_structp png, png_bytep data, size_t size) {
    auto& bytes = static_cast<PngWriter*>(png_get_io_ptr(png))->bytes_;
    const auto* first = reinterpret_cast<const std::byte*>(data);
    bool enough = true;
    try {
      bytes.insert(bytes.end(), first, first + size);
    } catch (const std::bad_alloc&) {
      enough = false;  // no exception passes through libpng
    }
    if (!enough) png_error(png, "out of memory");
  }

  std::vector<std::byte> bytes_;
  std::array<char, 200> message_{};
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

}  // namespace

Result<std::vector<std::byte>> write_png(const Image& image, PngContent content) {
  try {
    PngWriter writer;
    if (!writer.write(image, content)) return writer.error();
    return writer.take_bytes();
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kInternal, "the PNG encoder failed: out of memory"};
  }
}

}  // namespace pretag
