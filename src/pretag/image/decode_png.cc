// PNG through libpng, which checks every chunk's CRC; nothing of a damaged or truncated file is shown.
#include <fmt/format.h>
#include <png.h>

#include <array>
#include <cstring>
#include <vector>

#include "pretag/image/codec.h"
#include "pretag/image/exif.h"

namespace pretag {
namespace {

// The most that deflate can compress: 258 bytes by two bits.
constexpr uint64_t kMaxDeflateRatio = 1032;

// libpng reports an error by a longjmp to the setjmp of the member function at work. None of them holds an object with
// a destructor, so nothing is skipped; buffers are members.
class PngReader {
 public:
  explicit PngReader(std::span<const std::byte> bytes) : bytes_(bytes) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      throw std::bad_alloc();
    }
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  bool read_header() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_set_read_fn(png_, this, on_read);
    png_read_info(png_, info_);
    return true;
  }

  int64_t width() const { return png_get_image_width(png_, info_); }
  int64_t height() const { return png_get_image_height(png_, info_); }

  bool fits_its_dimensions() const {
    return static_cast<uint64_t>(height()) * png_get_rowbytes(png_, info_) / kMaxDeflateRatio <= bytes_.size();
  }

  // Every kind of PNG to 8-bit RGB. 16 bit keep their high byte, as Pillow and OpenCV have it.
  bool prepare() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_set_palette_to_rgb(png_);
    png_set_expand_gray_1_2_4_to_8(png_);
    png_set_gray_to_rgb(png_);
    png_set_strip_16(png_);
    png_set_strip_alpha(png_);
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    return true;
  }

  bool has_rgb_rows() const { return png_get_rowbytes(png_, info_) == static_cast<size_t>(width()) * 3; }

  bool read_pixels(Image& image) {
    rows_.resize(static_cast<size_t>(image.height));
    for (int y = 0; y < image.height; ++y) rows_[static_cast<size_t>(y)] = image.row(y);
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_read_image(png_, rows_.data());
    png_read_end(png_, info_);
    return true;
  }

  // After the pixels: the chunk may come behind them.
  int orientation() {
    png_bytep block = nullptr;
    png_uint_32 size = 0;
    if (png_get_eXIf_1(png_, info_, &size, &block) == 0) return 1;
    return exif_orientation({reinterpret_cast<const std::byte*>(block), size});
  }

  Error error() const {
    if (ended_early_) return {ErrorCode::kCorrupt, "truncated PNG: the file ends before the image does"};
    return {ErrorCode::kCorrupt, fmt::format("damaged PNG: {}", message_.data())};
  }

 private:
  static PngReader& reader_of(void* pointer) { return *static_cast<PngReader*>(pointer); }

  [[noreturn]] static void on_error(png_structp png, png_const_charp message) {
    PngReader& reader = reader_of(png_get_error_ptr(png));
    std::strncpy(reader.message_.data(), message, reader.message_.size() - 1);
    png_longjmp(png, 1);
  }

  // Warnings are about metadata, or data in excess; libpng has errors for pixels that are missing or wrong.
  static void on_warning(png_structp, png_const_charp) {}

  static void on_read(png_structp png, png_bytep target, size_t size) {
    PngReader& reader = reader_of(png_get_io_ptr(png));
    if (size > reader.bytes_.size() - reader.position_) {
      reader.ended_early_ = true;
      png_error(png, "end of file");
    }
    std::memcpy(target, reader.bytes_.data() + reader.position_, size);
    reader.position_ += size;
  }

  std::span<const std::byte> bytes_;
  size_t position_ = 0;
  bool ended_early_ = false;
  std::array<char, 200> message_{};
  std::vector<png_bytep> rows_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

}  // namespace

Result<StoredImage> decode_png(std::span<const std::byte> bytes, const DecodeOptions& options) {
  PngReader reader(bytes);
  if (!reader.read_header()) return reader.error();
  PRETAG_TRY(check_dimensions(reader.width(), reader.height(), options));
  if (!reader.fits_its_dimensions()) return implausible_dimensions(reader.width(), reader.height(), bytes.size());
  if (!reader.prepare()) return reader.error();
  if (!reader.has_rgb_rows()) return Error{ErrorCode::kInternal, "libpng does not convert this PNG to RGB"};
  StoredImage stored{allocate_image(reader.width(), reader.height()), 1};
  if (!reader.read_pixels(stored.image)) return reader.error();
  stored.orientation = reader.orientation();
  return stored;
}

}  // namespace pretag
