// out = weightsT in + bias: every convolution and fully connected layer comes down to this.
//
// All matrices are row-major float32, and `get_global_size(2)` of them lie one after the other:
//   weights  depth x padded_rows   transposed; padded with zeros to whole tiles, so that loads need no check
//   in       depth x columns
//   out      rows x columns
// depth is a multiple of 16. Every element is summed by one work-item in order of the depth, whatever TILE is: the
// result depends neither on the size of the tiles nor on what else the device computes.
//
// A group of 16 x 16 work-items computes a tile of 16 TILE x 16 TILE, each item TILE x TILE of it in blocks of 4 x 4
// that lie 64 apart: so that items beside each other read what lies beside each other in local memory.

#define SIDE 16
#define EDGE (SIDE * TILE)
#define DEPTH 16
#define BLOCKS (TILE / 4)

enum { kAddBias = 1, kAccumulate = 2, kRelu = 4 };

int place(int index, int item) { return index / 4 * (SIDE * 4) + item * 4 + index % 4; }

kernel __attribute__((reqd_work_group_size(SIDE, SIDE, 1))) void gemm(global const float* weights,
                                                                      global const float* in, global const float* bias,
                                                                      global float* out, int rows, int columns,
                                                                      int depth, int padded_rows, int flags) {
  local float a[DEPTH][EDGE], b[DEPTH][EDGE];
  const int item_x = get_local_id(0), item_y = get_local_id(1);
  const int item = item_y * SIDE + item_x;
  const int first_column = get_group_id(0) * EDGE, first_row = get_group_id(1) * EDGE;
  const size_t matrix = get_global_id(2);
  weights += matrix * depth * padded_rows + first_row;
  in += matrix * depth * columns;
  out += matrix * rows * columns;

  // What the item brings to local memory: TILE values of each matrix, in a column of their own.
  const int column = item % EDGE, first_depth = item / EDGE, step = SIDE * SIDE / EDGE;
  const int in_column = first_column + column;
  const bool inside = in_column < columns;

  float sums[TILE][TILE];
#pragma unroll
  for (int i = 0; i < TILE; ++i) {
#pragma unroll
    for (int j = 0; j < TILE; ++j) sums[i][j] = 0;
  }

  float next_a[TILE], next_b[TILE];
#pragma unroll
  for (int i = 0; i < TILE; ++i) {
    const size_t k = first_depth + i * step;
    next_a[i] = weights[k * padded_rows + column];
    next_b[i] = inside ? in[k * columns + in_column] : 0.0f;
  }
  for (int start = 0; start < depth; start += DEPTH) {
    barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll
    for (int i = 0; i < TILE; ++i) {
      a[first_depth + i * step][column] = next_a[i];
      b[first_depth + i * step][column] = next_b[i];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    // The next values are under way while these are multiplied.
    if (start + DEPTH < depth) {
#pragma unroll
      for (int i = 0; i < TILE; ++i) {
        const size_t k = start + DEPTH + first_depth + i * step;
        next_a[i] = weights[k * padded_rows + column];
        next_b[i] = inside ? in[k * columns + in_column] : 0.0f;
      }
    }
#pragma unroll 4
    for (int k = 0; k < DEPTH; ++k) {
      float left[TILE], right[TILE];
#pragma unroll
      for (int block = 0; block < BLOCKS; ++block) {
        vstore4(vload4(0, &a[k][place(block * 4, item_y)]), block, left);
        vstore4(vload4(0, &b[k][place(block * 4, item_x)]), block, right);
      }
#pragma unroll
      for (int i = 0; i < TILE; ++i) {
#pragma unroll
        for (int j = 0; j < TILE; ++j) sums[i][j] = fma(left[i], right[j], sums[i][j]);
      }
    }
  }

#pragma unroll
  for (int i = 0; i < TILE; ++i) {
    const int row = first_row + place(i, item_y);
    if (row >= rows) continue;
    const float shift = flags & kAddBias ? bias[row] : 0.0f;
    global float* to = out + (size_t)row * columns;
#pragma unroll
    for (int j = 0; j < TILE; ++j) {
      const int at = first_column + place(j, item_x);
      if (at >= columns) continue;
      float value = sums[i][j] + shift;
      if (flags & kAccumulate) value += to[at];
      to[at] = flags & kRelu && value < 0 ? 0.0f : value;  // what is not a number stays one that shows
    }
  }
}
