#include "pretag/nn/onednn.h"

#include <stdexcept>

namespace pretag {

const dnnl::engine& cpu_engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::memory::data_type onednn_type(ElementType type) {
  return type == ElementType::kBFloat16 ? dnnl::memory::data_type::bf16 : dnnl::memory::data_type::f32;
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
