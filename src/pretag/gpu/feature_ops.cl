// What the network computes besides products of matrices. Maps are planar float32: channels x height x width.

// --- Convolutions as products of matrices ---

// For every output cell the inputs that it is computed from, one below the other in the order of the weights: channel,
// row, column; then zeros up to `depth` rows. Cells of the padding are zero.
kernel void columns_of_patches(global const float* in, global float* out, int channels, int height, int width,
                               int out_height, int out_width, int size, int stride, int padding, int depth) {
  const int cell = get_global_id(0), k = get_global_id(1);
  if (cell >= out_height * out_width || k >= depth) return;
  const int channel = k / (size * size), in_patch = k % (size * size);
  const int y = cell / out_width * stride - padding + in_patch / size;
  const int x = cell % out_width * stride - padding + in_patch % size;
  const bool inside = channel < channels && y >= 0 && y < height && x >= 0 && x < width;
  out[(size_t)k * out_height * out_width + cell] = inside ? in[((size_t)channel * height + y) * width + x] : 0.0f;
}

// --- Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray, 2015): 36 products instead of 144 for 4 x 4 cells ---
// Loops are unrolled, so that arrays are registers.

void to_winograd(const float d[6], float v[6]) {
  v[0] = 4 * d[0] - 5 * d[2] + d[4];
  v[1] = -4 * d[1] - 4 * d[2] + d[3] + d[4];
  v[2] = 4 * d[1] - 4 * d[2] - d[3] + d[4];
  v[3] = -2 * d[1] - d[2] + 2 * d[3] + d[4];
  v[4] = 2 * d[1] - d[2] - 2 * d[3] + d[4];
  v[5] = 4 * d[1] - 5 * d[3] + d[5];
}

void from_winograd(const float m[6], float y[4]) {
  const float a = m[1] + m[2], b = m[1] - m[2], c = m[3] + m[4], d = m[3] - m[4];
  y[0] = m[0] + a + c;
  y[1] = b + 2 * d;
  y[2] = a + 4 * c;
  y[3] = b + 8 * d + m[5];
}

// Of every 6 x 6 patch (padded by one cell, four cells apart) its transform, as 36 matrices channels x tiles.
kernel void winograd_patches(global const float* in, global float* out, int channels, int height, int width,
                             int tiles_x, int tiles) {
  const int tile = get_global_id(0), channel = get_global_id(1);
  if (tile >= tiles || channel >= channels) return;
  const int top = tile / tiles_x * 4 - 1, left = tile % tiles_x * 4 - 1;
  const global float* plane = in + (size_t)channel * height * width;
  float rows[6][6];
#pragma unroll
  for (int i = 0; i < 6; ++i) {
    const int y = top + i;
    float d[6];
#pragma unroll
    for (int j = 0; j < 6; ++j) {
      const int x = left + j;
      d[j] = y >= 0 && y < height && x >= 0 && x < width ? plane[(size_t)y * width + x] : 0.0f;
    }
    to_winograd(d, rows[i]);
  }
  const size_t matrix = (size_t)channels * tiles;
  out += (size_t)channel * tiles + tile;
#pragma unroll
  for (int j = 0; j < 6; ++j) {
    float d[6], v[6];
#pragma unroll
    for (int i = 0; i < 6; ++i) d[i] = rows[i][j];
    to_winograd(d, v);
#pragma unroll
    for (int i = 0; i < 6; ++i) out[(i * 6 + j) * matrix] = v[i];
  }
}

// The way back, from 36 matrices channels x tiles to the map.
kernel void winograd_map(global const float* in, global const float* bias, global float* out, int channels, int height,
                         int width, int tiles_x, int tiles, int relu) {
  const int tile = get_global_id(0), channel = get_global_id(1);
  if (tile >= tiles || channel >= channels) return;
  const size_t matrix = (size_t)channels * tiles;
  in += (size_t)channel * tiles + tile;
  float rows[4][6];
#pragma unroll
  for (int j = 0; j < 6; ++j) {
    float m[6], y[4];
#pragma unroll
    for (int i = 0; i < 6; ++i) m[i] = in[(i * 6 + j) * matrix];
    from_winograd(m, y);
#pragma unroll
    for (int i = 0; i < 4; ++i) rows[i][j] = y[i];
  }
  const int top = tile / tiles_x * 4, left = tile % tiles_x * 4;
  out += (size_t)channel * height * width;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    if (top + i >= height) break;
    float y[4];
    from_winograd(rows[i], y);
    for (int j = 0; j < 4 && left + j < width; ++j) {
      const float value = y[j] + bias[channel];
      out[(size_t)(top + i) * width + left + j] = relu && value < 0 ? 0.0f : value;
    }
  }
}

// --- Operators on maps; nn/feature_ops.h says what they are ---

kernel void max_pool_3x3_stride_2(global const float* in, global float* out, int channels, int height, int width,
                                  int out_height, int out_width) {
  const int cell = get_global_id(0), channel = get_global_id(1);
  if (cell >= out_height * out_width || channel >= channels) return;
  const int top = cell / out_width * 2 - 1, left = cell % out_width * 2 - 1;
  const global float* plane = in + (size_t)channel * height * width;
  float largest = -INFINITY;
  for (int y = max(top, 0); y < min(top + 3, height); ++y) {
    for (int x = max(left, 0); x < min(left + 3, width); ++x) largest = fmax(largest, plane[(size_t)y * width + x]);
  }
  out[(size_t)channel * out_height * out_width + cell] = largest;
}

// Each output cell from the one at (y * step_y, x * step_x), rounded down. PyTorch's choice of the source pixel, in
// float32, and every second one, which is the same with a step of 2.
kernel void nearest(global const float* in, global float* out, int channels, int height, int width, int out_height,
                    int out_width, float step_y, float step_x) {
  const int cell = get_global_id(0), channel = get_global_id(1);
  if (cell >= out_height * out_width || channel >= channels) return;
  const int y = min((int)((float)(cell / out_width) * step_y), height - 1);
  const int x = min((int)((float)(cell % out_width) * step_x), width - 1);
  out[(size_t)channel * out_height * out_width + cell] = in[((size_t)channel * height + y) * width + x];
}

// --- RoIAlign; nn/roi_align.h says what it is ---

// One sample of a plane, as torchvision's bilinear_interpolate: nothing further than a pixel outside.
float sample(const global float* plane, int height, int width, float y, float x) {
  if (y < -1 || y > height || x < -1 || x > width) return 0.0f;
  y = fmax(y, 0.0f);
  x = fmax(x, 0.0f);
  int top = (int)y, left = (int)x, bottom, right;
  if (top >= height - 1) {
    top = bottom = height - 1;
    y = top;
  } else {
    bottom = top + 1;
  }
  if (left >= width - 1) {
    left = right = width - 1;
    x = left;
  } else {
    right = left + 1;
  }
  const float down = y - top, across = x - left;
  return (1 - down) * ((1 - across) * plane[(size_t)top * width + left] + across * plane[(size_t)top * width + right]) +
         down * ((1 - across) * plane[(size_t)bottom * width + left] + across * plane[(size_t)bottom * width + right]);
}

// The RoIs of one level: rois[i] is x1, y1, x2, y2, and columns[i] the column of `out` that it fills.
kernel void roi_align(global const float* in, global const float4* rois, global const int* columns, global float* out,
                      int channels, int height, int width, float scale, int size, int samples, int count,
                      int out_columns) {
  const int index = get_global_id(0), roi = get_global_id(1);
  const int cells = size * size;
  if (index >= channels * cells || roi >= count) return;
  const int channel = index / cells, cell_y = index % cells / size, cell_x = index % cells % size;
  const float4 box = rois[roi] * scale;
  const float step_y = fmax(box.w - box.y, 1.0f) / size, step_x = fmax(box.z - box.x, 1.0f) / size;
  const global float* plane = in + (size_t)channel * height * width;
  float sum = 0;
  for (int i = 0; i < samples; ++i) {
    const float y = box.y + cell_y * step_y + (i + 0.5f) * step_y / samples;
    for (int j = 0; j < samples; ++j) {
      const float x = box.x + cell_x * step_x + (j + 0.5f) * step_x / samples;
      sum += sample(plane, height, width, y, x);
    }
  }
  const size_t row = (size_t)(cell_y * size + cell_x) * channels + channel;
  out[row * out_columns + columns[roi]] = sum / (samples * samples);
}
