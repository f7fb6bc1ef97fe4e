#include "pretag/image/sniff.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "pretag/image/decode.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

using namespace std::string_view_literals;

struct Signature {
  size_t offset;
  std::string_view magic;
  std::string_view format;       // empty: not an image
  std::string_view description;  // with its article
};

// The first match counts, so the more specific ones come first.
constexpr std::array kSignatures = {
    Signature{0, "\xFF\xD8\xFF"sv, "jpeg", "a JPEG"},
    // Only the beginning: what a transfer in text mode did to the rest is for the decoder to say.
    Signature{0, "\x89PNG"sv, "png", "a PNG"},
    Signature{8, "WEBP"sv, "webp", "a WebP"},
    Signature{8, "CR\x02\0"sv, "raw", "a Canon raw photo"},
    Signature{0, "II*\0"sv, "tiff", "a TIFF"},
    Signature{0, "MM\0*"sv, "tiff", "a TIFF"},
    Signature{0, "II+\0\x08\0\0\0"sv, "tiff", "a BigTIFF"},
    Signature{0, "MM\0+\0\x08\0\0"sv, "tiff", "a BigTIFF"},
    Signature{0, "GIF8"sv, "gif", "a GIF"},
    Signature{4, "ftypavif"sv, "avif", "an AVIF photo"},
    Signature{4, "ftypavis"sv, "avif", "an AVIF animation"},
    Signature{4, "ftyphei"sv, "heic", "a HEIC photo"},
    Signature{4, "ftyphev"sv, "heic", "a HEIC photo"},
    Signature{4, "ftypmif1"sv, "heic", "a HEIF photo"},
    Signature{4, "ftypmsf1"sv, "heic", "a HEIF photo"},
    Signature{4, "ftypcrx"sv, "raw", "a Canon raw photo"},
    Signature{4, "ftyp"sv, "", "a video"},
    Signature{4, "jP  \r\n\x87\n"sv, "jpeg2000", "a JPEG 2000"},
    Signature{0, "\xFF\x4F\xFF\x51"sv, "jpeg2000", "a JPEG 2000"},
    Signature{4, "JXL \r\n\x87\n"sv, "jpegxl", "a JPEG XL"},
    Signature{0, "\xFF\x0A"sv, "jpegxl", "a JPEG XL"},
    Signature{0, "8BPS"sv, "psd", "a Photoshop document"},
    Signature{0, "\x76\x2F\x31\x01"sv, "exr", "an OpenEXR image"},
    Signature{0, "#?RADIANCE"sv, "hdr", "a Radiance HDR image"},
    Signature{0, "\0\0\x01\0"sv, "ico", "an icon"},
    Signature{0, "%PDF"sv, "", "a PDF"},
    Signature{0, "PK\x03\x04"sv, "", "a ZIP archive or an office document"},
    Signature{0, "\x1F\x8B"sv, "", "a gzip archive"},
    Signature{0, "\x1A\x45\xDF\xA3"sv, "", "a Matroska video"},
    Signature{0, "RIFF"sv, "", "a sound or video file"},
    Signature{0,
              "\x7F"
              "ELF"sv,
              "", "a program"},
    Signature{0, "SQLite format 3\0"sv, "", "an SQLite database"},
    Signature{0, "version https://git-lfs"sv, "", "a Git LFS pointer; fetch the real file with `git lfs pull`"},
};

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

const Signature* find_signature(std::string_view head) {
  const auto found = std::ranges::find_if(kSignatures, [&](const Signature& signature) {
    return head.size() > signature.offset && head.substr(signature.offset).starts_with(signature.magic);
  });
  return found == kSignatures.end() ? nullptr : &*found;
}

// "BM" alone begins many a text; the size of the second header, 12 to 124 bytes, makes it a bitmap.
bool is_bmp(std::string_view head) {
  if (head.size() < 18 || !head.starts_with("BM")) return false;
  const auto header_size = static_cast<unsigned char>(head[14]);
  return header_size >= 12 && header_size <= 124 && head.substr(15, 3) == "\0\0\0"sv;
}

// Markup may follow a byte order mark, white space, an XML declaration and comments.
std::string_view markup_name(std::string_view head) {
  const std::string lower = to_lower(head);
  const std::string_view start = trim(without_byte_order_mark(lower));
  if (!start.starts_with("<")) return {};
  if (start.find("<svg") != std::string_view::npos) return "svg";
  if (start.starts_with("<!doctype html") || start.find("<html") != std::string_view::npos) return "html";
  return "xml";
}

bool is_text(std::string_view head) {
  return std::ranges::none_of(head, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0x7F || (byte < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f');
  });
}

constexpr size_t kHeadBytes = 1024;

}  // namespace

std::string sniff_image_format(std::span<const std::byte> bytes) {
  const std::string_view head = as_text(bytes.first(std::min(bytes.size(), kHeadBytes)));
  if (is_bmp(head)) return "bmp";
  if (const Signature* signature = find_signature(head)) return std::string(signature->format);
  return markup_name(head) == "svg" ? "svg" : "";
}

std::string describe_content(std::span<const std::byte> bytes) {
  const std::string_view head = as_text(bytes.first(std::min(bytes.size(), kHeadBytes)));
  if (is_bmp(head)) return "a BMP";
  if (const Signature* signature = find_signature(head)) return std::string(signature->description);
  const std::string_view markup = markup_name(head);
  if (markup == "svg") return "an SVG drawing";
  if (markup == "html") return "an HTML page";
  if (markup == "xml") return "an XML file";
  if (std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; })) return "nothing but zero bytes";
  return is_text(head) ? "text" : "something unknown";
}

}  // namespace pretag
