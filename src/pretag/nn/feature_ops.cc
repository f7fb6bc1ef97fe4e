#include "pretag/nn/feature_ops.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "pretag/nn/elements.h"
#include "pretag/util/multiversion.h"

namespace pretag {
namespace {

template <class T>
PRETAG_INLINE void max_pool_row(const T* const* rows, int row_count, int in_width, int block, T* out, int out_width) {
  for (int x = 0; x < out_width; ++x) {
    const int first = std::max(2 * x - 1, 0), last = std::min(2 * x + 1, in_width - 1);
    for (int c = 0; c < block; ++c) {
      float best = to_float(rows[0][static_cast<ptrdiff_t>(first) * block + c]);
      for (int r = 0; r < row_count; ++r) {
        for (int k = first; k <= last; ++k) {
          best = std::max(best, to_float(rows[r][static_cast<ptrdiff_t>(k) * block + c]));
        }
      }
      out[static_cast<ptrdiff_t>(x) * block + c] = from_float<T>(best);
    }
  }
}

PRETAG_MULTIVERSION void max_pool_row_f32(const float* const* rows, int row_count, int in_width, int block, float* out,
                                          int out_width) {
  if (block == 16) {
    max_pool_row<float>(rows, row_count, in_width, 16, out, out_width);
  } else {
    max_pool_row<float>(rows, row_count, in_width, block, out, out_width);
  }
}

PRETAG_MULTIVERSION void max_pool_row_u8(const uint8_t* const* rows, int row_count, int in_width, int block,
                                         uint8_t* out, int out_width) {
  for (int x = 0; x < out_width; ++x) {
    const int first = std::max(2 * x - 1, 0), last = std::min(2 * x + 1, in_width - 1);
    uint8_t* cell = out + static_cast<ptrdiff_t>(x) * block;
    std::memcpy(cell, rows[0] + static_cast<ptrdiff_t>(first) * block, static_cast<size_t>(block));
    for (int r = 0; r < row_count; ++r) {
      for (int k = first; k <= last; ++k) {
        const uint8_t* other = rows[r] + static_cast<ptrdiff_t>(k) * block;
        for (int c = 0; c < block; ++c) cell[c] = std::max(cell[c], other[c]);
      }
    }
  }
}

PRETAG_MULTIVERSION void max_pool_row_bf16(const BFloat16* const* rows, int row_count, int in_width, int block,
                                           BFloat16* out, int out_width) {
  max_pool_row<BFloat16>(rows, row_count, in_width, block, out, out_width);
}

template <class T, class Row>
Tensor max_pool(Arena& arena, const Tensor& in, Row row) {
  Tensor out(arena, in.format(), in.channels(), (in.height() + 1) / 2, (in.width() + 1) / 2);
  const ptrdiff_t in_stride = static_cast<ptrdiff_t>(in.width()) * in.block();
  const ptrdiff_t out_stride = static_cast<ptrdiff_t>(out.width()) * out.block();
  for (int b = 0; b < in.blocks(); ++b) {
    for (int y = 0; y < out.height(); ++y) {
      const T* rows[3];
      int row_count = 0;
      for (int k = std::max(2 * y - 1, 0); k <= std::min(2 * y + 1, in.height() - 1); ++k) {
        rows[row_count++] = in.block_plane<T>(b) + k * in_stride;
      }
      row(rows, row_count, in.width(), in.block(), out.block_plane<T>(b) + y * out_stride, out.width());
    }
  }
  return out;
}

// Copies whole cells (a block of channels) from the source cell of each output cell.
Tensor gather_cells(Arena& arena, const Tensor& in, const std::vector<int>& source_y,
                    const std::vector<int>& source_x) {
  const int height = static_cast<int>(source_y.size()), width = static_cast<int>(source_x.size());
  Tensor out(arena, in.format(), in.channels(), height, width);
  const size_t cell = in.block() * element_size(in.type());
  const size_t in_plane = in.plane() * element_size(in.type()), out_plane = out.plane() * element_size(in.type());
  for (int b = 0; b < in.blocks(); ++b) {
    for (int y = 0; y < height; ++y) {
      const std::byte* from = in.as<std::byte>() + b * in_plane + cell * in.width() * source_y[y];
      std::byte* to = out.as<std::byte>() + b * out_plane + cell * width * y;
      for (int x = 0; x < width; ++x) std::memcpy(to + cell * x, from + cell * source_x[x], cell);
    }
  }
  return out;
}

template <class Visit>
void for_each_element(const Tensor& tensor, Visit visit) {
  const int block = tensor.block();
  size_t nchw = 0;
  for (int c = 0; c < tensor.channels(); ++c) {
    const size_t plane = tensor.plane() * (c / block) + c % block;
    const size_t cells = static_cast<size_t>(tensor.height()) * tensor.width();
    for (size_t i = 0; i < cells; ++i) visit(nchw++, plane + i * block);
  }
}

}  // namespace

Tensor max_pool_3x3_stride_2(Arena& arena, const Tensor& in) {
  switch (in.type()) {
    case ElementType::kUInt8:
      return max_pool<uint8_t>(arena, in, max_pool_row_u8);
    case ElementType::kBFloat16:
      return max_pool<BFloat16>(arena, in, max_pool_row_bf16);
    case ElementType::kFloat32:
      return max_pool<float>(arena, in, max_pool_row_f32);
    default:
      throw std::logic_error("no pooling of this element type");
  }
}

Tensor subsample_2(Arena& arena, const Tensor& in) {
  const auto every_second = [](int size) {
    std::vector<int> source((size + 1) / 2);
    for (size_t i = 0; i < source.size(); ++i) source[i] = static_cast<int>(2 * i);
    return source;
  };
  return gather_cells(arena, in, every_second(in.height()), every_second(in.width()));
}

Tensor upsample_nearest(Arena& arena, const Tensor& in, int height, int width) {
  // PyTorch: nearest_neighbor_compute_source_index, in float32 (ATen/native/UpSample.h).
  const auto source = [](int in_size, int out_size) {
    const float scale = static_cast<float>(in_size) / static_cast<float>(out_size);
    std::vector<int> index(out_size);
    for (int i = 0; i < out_size; ++i) {
      index[i] = std::min(static_cast<int>(std::floor(static_cast<float>(i) * scale)), in_size - 1);
    }
    return index;
  };
  return gather_cells(arena, in, source(in.height(), height), source(in.width(), width));
}

std::vector<float> average_pool(const Tensor& in, int height, int width) {
  std::vector<float> mean(in.channels());
  const int block = in.block();
  const double cells = static_cast<double>(height) * width;
  visit_elements(in, [&](const auto* data) {
    for (int c = 0; c < in.channels(); ++c) {
      double sum = 0;
      for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
          sum +=
              to_float(data[in.plane() * (c / block) + (static_cast<size_t>(y) * in.width() + x) * block + c % block]);
        }
      }
      mean[c] = static_cast<float>(sum / cells * static_cast<double>(in.format().scale));
    }
  });
  return mean;
}

std::vector<float> to_nchw(const Tensor& in) {
  std::vector<float> values(static_cast<size_t>(in.channels()) * in.height() * in.width());
  visit_elements(in, [&](const auto* data) {
    for_each_element(in,
                     [&](size_t nchw, size_t offset) { values[nchw] = to_float(data[offset]) * in.format().scale; });
  });
  return values;
}

Tensor from_nchw(Arena& arena, ComputeFormat format, int channels, int height, int width, const float* values) {
  Tensor out(arena, format, channels, height, width);
  std::memset(out.data(), 0, out.count() * element_size(format.type));
  visit_elements(out, [&]<class T>(T* data) {
    for_each_element(out,
                     [&](size_t nchw, size_t offset) { data[offset] = from_float<T>(values[nchw] / format.scale); });
  });
  return out;
}

}  // namespace pretag
