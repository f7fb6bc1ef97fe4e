#include "pretag/nn/onednn.h"

#include <stdexcept>

namespace pretag {

const dnnl::engine& cpu_engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::memory::data_type onednn_type(ElementType type) {
  using Type = dnnl::memory::data_type;
  switch (type) {
    case ElementType::kFloat32:
      return Type::f32;
    case ElementType::kBFloat16:
      return Type::bf16;
    case ElementType::kUInt8:
      return Type::u8;
    case ElementType::kInt8:
      return Type::s8;
    default:
      throw std::logic_error("feature maps do not have this element type");
  }
}

dnnl::memory::desc onednn_desc(ComputeFormat format, int channels, int height, int width) {
  using Tag = dnnl::memory::format_tag;
  const auto tag = [&] {
    switch (format.block) {
      case 0:
        return Tag::nhwc;
      case 1:
        return Tag::nchw;
      case 8:
        return Tag::nChw8c;
      case 16:
        return Tag::nChw16c;
      default:
        throw std::logic_error("no oneDNN layout has this channel block");
    }
  }();
  return {{1, channels, height, width}, onednn_type(format.type), tag};
}

}  // namespace pretag
