#include "pretag/nn/foreign_format.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "pretag/util/strings.h"

namespace pretag {

namespace {

using namespace std::string_view_literals;

struct Signature {
  size_t offset;
  std::string_view magic;
  std::string_view description;
};

constexpr std::string_view kWebPage =
    "is a web page or an error message of a server, not weights; check the address and download it again";
constexpr std::string_view kOldPickle =
    "is a Python pickle that torch.save did not write; save the state dict with torch.save and use that file";

constexpr std::array kSignatures = {
    Signature{0, "version https://git-lfs"sv, "is a Git LFS pointer, not the weights themselves; run 'git lfs pull'"},
    Signature{0, "\xFF\xD8\xFF"sv, "is a JPEG image, not weights"},
    Signature{0, "\x89PNG\r\n"sv, "is a PNG image, not weights"},
    Signature{0, "GIF8"sv, "is a GIF image, not weights"},
    Signature{8, "WEBP"sv, "is a WebP image, not weights"},
    Signature{0, "%PDF"sv, "is a PDF document, not weights"},
    Signature{0, "\x89HDF\r\n"sv,
              "is an HDF5 (Keras) file, which is not supported; export the weights as .safetensors"},
    Signature{0, "GGUF"sv, "is a GGUF model, which is not supported; .safetensors and torchvision's .pth are"},
    Signature{4, "TFL3"sv,
              "is a TensorFlow Lite model, which is not supported; .safetensors and torchvision's .pth are"},
    Signature{0, "\x93NUMPY"sv, "is a NumPy array, not a model; .safetensors and torchvision's .pth are supported"},
    Signature{0, "\x1F\x8B"sv, "is compressed with gzip; unpack it first"},
    Signature{0, "\x28\xB5\x2F\xFD"sv, "is compressed with zstd; unpack it first"},
    Signature{257, "ustar"sv,
              "is a tar archive (PyTorch wrote those before 0.2, too); unpack it, or save it again with torch.save"},
    Signature{0, "\x80\x02"sv, kOldPickle},
    Signature{0, "\x80\x03"sv, kOldPickle},
    Signature{0, "\x80\x04"sv, kOldPickle},
    Signature{0, "\x80\x05"sv, kOldPickle},
};

// An ONNX file is a protobuf that begins with field 1 (ir_version, a small number) and then strings: fields 2 (producer
// name), 3 and so on, or the graph (field 7) or operator sets (field 8).
bool looks_like_onnx(std::string_view head) {
  return head.size() > 4 && head[0] == '\x08' && head[1] > 0 && head[1] < 64 &&
         "\x12\x1A\x22\x3A\x42"sv.find(head[2]) != std::string_view::npos;
}

}  // namespace

std::string describe_foreign_format(std::span<const std::byte> bytes) {
  if (bytes.empty()) return "is empty";
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()), std::min<size_t>(bytes.size(), 512));
  for (const Signature& signature : kSignatures) {
    if (head.size() > signature.offset && head.substr(signature.offset).starts_with(signature.magic)) {
      return std::string(signature.description);
    }
  }
  if (trim(head).starts_with('<')) return std::string(kWebPage);
  if (looks_like_onnx(head)) {
    return "is an ONNX model, which is not supported; save the PyTorch model's state dict, or use .safetensors";
  }
  if (trim(head).starts_with('{')) return "is JSON text, not weights";
  return "is neither .safetensors nor a torchvision .pth file (its first bytes belong to no format known here)";
}

}  // namespace pretag
