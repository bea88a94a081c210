// Threads work on tiles of their own, by chunks. For a chunk:
//
//   V[product][tile][C]   = B^T d B of each tile
//   for each panel of output channels:
//     M[product][tile][k] = V[product] [tiles, C] x U[panel][product] [C, k]
//     Y                   = A^T M A + bias, to the output
//
// so M stays in the second-level cache, and the weights, U, pass through it once per chunk.
#include "ops/winograd/winograd.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "ATen/ATen.h"
#include "ATen/Parallel.h"
#include "c10/core/GradMode.h"
#include "ops/parallel/parallel_for.h"

namespace mrsn::ops {
namespace {

using winograd::Kernels;
using winograd::kRowBlock;
using winograd::TileShape;

constexpr int64_t kMostProducts = 36, kMostTargets = 16;
// Of V in a chunk: 4 MiB share the last-level cache with U and make U pass only a few times.
constexpr int64_t kChunkFloats = 1024 * 1024;
constexpr int64_t kRowPadding = 16;  // keeps rows of 2^n channels out of each other's cache sets

int64_t CeilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

const TileShape& ShapeOf(WinogradKind kind) {
  return kind == WinogradKind::kSpatial3x3 ? winograd::kSpatialTile : winograd::kTemporalTile;
}

// One axis along which tiles lie: pixels `start + dilation * n` from each tile's `start`.
struct Axis {
  // Each phase 0 <= p < dilation is an image of its own, of pixels p, p + dilation, ...
  Axis(int64_t length, int64_t tile, int64_t taps, int64_t dilation)
      : length(length), tile(tile), patch(tile + taps - 1), padding(taps / 2), dilation(dilation) {
    for (int64_t phase = 0; phase < std::min(dilation, length); ++phase) {
      for (int64_t start = phase; start < length; start += tile * dilation) starts.push_back(start);
    }
  }
  int64_t Source(int64_t tile_index, int64_t i) const {
    return starts[tile_index] + (i - padding) * dilation;
  }
  int64_t Target(int64_t tile_index, int64_t i) const { return starts[tile_index] + i * dilation; }

  int64_t length, tile, patch, padding, dilation;
  std::vector<int64_t> starts;
};

// The map as `images` x axis a x axis b: frames, height, width, or clips, time, pixels of a frame.
struct Layout {
  Layout(WinogradKind kind, at::IntArrayRef x, int64_t dilation)
      : images(kind == WinogradKind::kSpatial3x3 ? x[0] * x[2] : x[0]),
        a(kind == WinogradKind::kSpatial3x3 ? x[3] : x[2], ShapeOf(kind).tile_a, ShapeOf(kind).taps_a,
          dilation),
        b(kind == WinogradKind::kSpatial3x3 ? x[4] : x[3] * x[4], ShapeOf(kind).tile_b, ShapeOf(kind).taps_b,
          kind == WinogradKind::kSpatial3x3 ? dilation : 1) {}
  int64_t tiles() const { return images * static_cast<int64_t>(a.starts.size() * b.starts.size()); }

  // pointers[i] = the pixel of `map` that tile needs, or `outside`.
  template <typename Float>
  void Sources(int64_t tile, Float* map, int64_t channels, Float* outside, Float** pointers) const {
    Pointers(tile, a.patch, b.patch, &Axis::Source, map, channels, outside, pointers);
  }
  template <typename Float>
  void Targets(int64_t tile, Float* map, int64_t channels, Float* outside, Float** pointers) const {
    Pointers(tile, a.tile, b.tile, &Axis::Target, map, channels, outside, pointers);
  }

  int64_t images;
  Axis a, b;

 private:
  template <typename Float>
  void Pointers(int64_t tile, int64_t rows, int64_t columns, int64_t (Axis::*pixel)(int64_t, int64_t) const,
                Float* map, int64_t channels, Float* outside, Float** pointers) const {
    const int64_t index_b = tile % b.starts.size(), row = tile / b.starts.size();
    const int64_t index_a = row % a.starts.size(), image = row / a.starts.size();
    for (int64_t i = 0; i < rows; ++i) {
      const int64_t y = (a.*pixel)(index_a, i);
      for (int64_t j = 0; j < columns; ++j) {
        const int64_t x = (b.*pixel)(index_b, j);
        const bool inside = y >= 0 && y < a.length && x >= 0 && x < b.length;
        *pointers++ = inside ? map + ((image * a.length + y) * b.length + x) * channels : outside;
      }
    }
  }
};

// G g G^T of every pair of channels, packed as WinogradConv::weight_.
at::Tensor TransformWeight(const at::Tensor& weight, const TileShape& shape, int64_t panel) {
  const int64_t outputs = weight.size(0), inputs = weight.size(1), products = shape.products();
  const at::Tensor packed = at::zeros({CeilDiv(outputs, panel), products, inputs, panel}, weight.options());
  const at::Tensor dense = weight.contiguous();
  const float* taps = dense.const_data_ptr<float>();
  float* to = packed.mutable_data_ptr<float>();
  ParallelFor(0, outputs, 1, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; ++k) {
      float* column = to + k / panel * products * inputs * panel + k % panel;
      for (int64_t c = 0; c < inputs; ++c) {
        const float* g = taps + (k * inputs + c) * shape.taps_a * shape.taps_b;
        for (int64_t a = 0; a < shape.patch_a(); ++a) {
          for (int64_t b = 0; b < shape.patch_b(); ++b) {
            double sum = 0;
            for (int64_t i = 0; i < shape.taps_a; ++i) {
              for (int64_t j = 0; j < shape.taps_b; ++j) {
                sum += shape.transform_a[a * shape.taps_a + i] * g[i * shape.taps_b + j] *
                       shape.transform_b[b * shape.taps_b + j];
              }
            }
            column[((a * shape.patch_b() + b) * inputs + c) * panel] = static_cast<float>(sum);
          }
        }
      }
    }
  });
  return packed;
}

struct Work {
  const Layout& layout;
  const Kernels& kernels;
  WinogradKind kind;
  int64_t inputs, outputs, products, targets;
  const float* x;
  const float* zeros;  // one pixel of the input
  const float* weight;
  const float* bias;
  bool relu;
  float* y;

  int64_t panels() const { return CeilDiv(outputs, kernels.panel); }
  int64_t row_stride() const { return CeilDiv(inputs, kRowPadding) * kRowPadding + kRowPadding; }
  int64_t VFloats(int64_t rows) const { return products * rows * row_stride(); }
  int64_t MFloats(int64_t rows) const { return products * rows * kernels.panel; }

  // Tiles [first, last) of at most `rows` rows; `scratch` holds V, M and one pixel of the output, in which
  // pixels beyond the border are thrown away.
  void Run(int64_t first, int64_t last, float* scratch) const {
    const int64_t rows = CeilDiv(last - first, kRowBlock) * kRowBlock;
    float* v = scratch;
    float* m = v + VFloats(rows);
    float* discarded = m + MFloats(rows);
    TransformInput(first, last, rows, v);
    for (int64_t panel = 0; panel < panels(); ++panel) {
      const float* w = weight + panel * products * inputs * kernels.panel;
      for (int64_t i = 0; i < products; ++i) {
        kernels.multiply(v + i * rows * row_stride(), rows, row_stride(), w + i * inputs * kernels.panel,
                         inputs, m + i * rows * kernels.panel);
      }
      TransformOutput(first, last, rows, panel * kernels.panel, m, discarded);
    }
  }

  void TransformInput(int64_t first, int64_t last, int64_t rows, float* v) const {
    const auto transform = kind == WinogradKind::kSpatial3x3 ? kernels.spatial_input : kernels.temporal_input;
    std::array<const float*, kMostProducts> source;
    for (int64_t tile = first; tile < last; ++tile) {
      layout.Sources(tile, x, inputs, zeros, source.data());
      transform(source.data(), inputs, rows * row_stride(), v + (tile - first) * row_stride());
    }
    for (int64_t i = 0; i < products; ++i) {  // rows of no tile
      float* row = v + (i * rows + last - first) * row_stride();
      std::fill(row, v + (i + 1) * rows * row_stride(), 0.f);
    }
  }

  void TransformOutput(int64_t first, int64_t last, int64_t rows, int64_t channel, const float* m,
                       float* discarded) const {
    const auto transform =
        kind == WinogradKind::kSpatial3x3 ? kernels.spatial_output : kernels.temporal_output;
    const int64_t channels = std::min(kernels.panel, outputs - channel);
    std::array<float*, kMostTargets> target;
    for (int64_t tile = first; tile < last; ++tile) {
      layout.Targets(tile, y, outputs, discarded, target.data());
      for (int64_t i = 0; i < targets; ++i) target[i] += channel;
      transform(m + (tile - first) * kernels.panel, rows * kernels.panel, bias + channel, relu, channels,
                target.data());
    }
  }
};

}  // namespace

bool WinogradConv::Applies(at::IntArrayRef weight_sizes, at::IntArrayRef stride, at::IntArrayRef padding,
                           at::IntArrayRef dilation, int64_t groups) {
  if (weight_sizes.size() != 5 || stride != at::IntArrayRef({1, 1, 1}) || dilation.size() != 3) return false;
  if (groups != 1) return false;
  if (!Runs(InstructionSet::kAvx2)) return false;
  if (weight_sizes[0] < 64 || weight_sizes[1] < 64) return false;
  const at::IntArrayRef taps = weight_sizes.slice(2);
  if (taps == at::IntArrayRef({1, 3, 3})) {
    return dilation[1] == dilation[2] && padding == at::IntArrayRef({0, dilation[1], dilation[1]});
  }
  return taps == at::IntArrayRef({3, 1, 1}) && padding == at::IntArrayRef({dilation[0], 0, 0});
}

WinogradConv::WinogradConv(const at::Tensor& weight, const at::Tensor& bias, int64_t dilation)
    : WinogradConv(weight, bias, dilation, BestInstructionSet()) {}

WinogradConv::WinogradConv(const at::Tensor& weight, const at::Tensor& bias, int64_t dilation,
                           InstructionSet instructions)
    : dilation_(dilation), instructions_(instructions) {
  TORCH_CHECK(Runs(instructions), "WinogradConv: this processor lacks the instruction set asked for");
  TORCH_CHECK(weight.defined() && weight.dim() == 5 && weight.size(0) >= 1 && weight.size(1) >= 1 &&
                  (weight.sizes().slice(2) == at::IntArrayRef({1, 3, 3}) ||
                   weight.sizes().slice(2) == at::IntArrayRef({3, 1, 1})),
              "WinogradConv: weight is ", weight.sizes(), ", expected [K, C, 1, 3, 3] or [K, C, 3, 1, 1]");
  TORCH_CHECK(weight.is_cpu() && weight.scalar_type() == at::kFloat, "WinogradConv: weight is ",
              weight.scalar_type(), " on ", weight.device(), ", expected Float on cpu");
  TORCH_CHECK(dilation >= 1, "WinogradConv: dilation is ", dilation, ", expected at least 1");
  output_channels_ = weight.size(0);
  input_channels_ = weight.size(1);
  kind_ = weight.size(2) == 3 ? WinogradKind::kTemporal3 : WinogradKind::kSpatial3x3;
  const int64_t panel = winograd::KernelsFor(instructions).panel;
  weight_ = TransformWeight(weight.detach(), ShapeOf(kind_), panel);
  bias_ = at::zeros({weight_.size(0) * panel}, weight.options().requires_grad(false));
  if (!bias.defined()) return;
  TORCH_CHECK(bias.is_cpu() && bias.scalar_type() == at::kFloat &&
                  bias.sizes() == at::IntArrayRef({output_channels_}),
              "WinogradConv: bias is ", bias.scalar_type(), " ", bias.sizes(), " on ", bias.device(),
              ", expected Float [", output_channels_, "] on cpu");
  bias_.narrow(0, 0, output_channels_).copy_(bias.detach());
}

double WinogradConv::CostRatio(at::IntArrayRef input_sizes) const {
  TORCH_CHECK(input_sizes.size() == 5, "WinogradConv: input is ", input_sizes, ", expected [B, C, T, H, W]");
  const TileShape& shape = ShapeOf(kind_);
  const double direct =
      1.0 * input_sizes[0] * input_sizes[2] * input_sizes[3] * input_sizes[4] * shape.taps_a * shape.taps_b;
  return Layout(kind_, input_sizes, dilation_).tiles() * shape.products() / direct;
}

at::Tensor WinogradConv::Forward(const at::Tensor& x, bool relu) const {
  TORCH_CHECK(x.defined() && x.dim() == 5 && x.size(1) == input_channels_, "WinogradConv: input is ",
              x.sizes(), ", expected [B, ", input_channels_, ", T, H, W]");
  TORCH_CHECK(x.is_cpu() && x.scalar_type() == at::kFloat, "WinogradConv: input is ", x.scalar_type(), " on ",
              x.device(), ", expected Float on cpu");
  TORCH_CHECK(x.is_contiguous(at::MemoryFormat::ChannelsLast3d), "WinogradConv: input ", x.sizes(),
              " has strides ", x.strides(), ", expected contiguous channels_last_3d");
  TORCH_CHECK(!(x.requires_grad() && c10::GradMode::is_enabled()),
              "WinogradConv: has no gradient, and the input requires one");
  const TileShape& shape = ShapeOf(kind_);
  const Kernels& kernels = winograd::KernelsFor(instructions_);
  const at::Tensor y = at::empty({x.size(0), output_channels_, x.size(2), x.size(3), x.size(4)}, x.options(),
                                 at::MemoryFormat::ChannelsLast3d);
  if (y.numel() == 0) return y;

  const Layout layout(kind_, x.sizes(), dilation_);
  const at::Tensor zeros = at::zeros({input_channels_}, x.options());
  const Work work = {layout,
                     kernels,
                     kind_,
                     input_channels_,
                     output_channels_,
                     shape.products(),
                     shape.tile_a * shape.tile_b,
                     x.const_data_ptr<float>(),
                     zeros.const_data_ptr<float>(),
                     weight_.const_data_ptr<float>(),
                     bias_.const_data_ptr<float>(),
                     relu,
                     y.mutable_data_ptr<float>()};

  // Every thread has as many chunks, which hold whole blocks of rows and about as many each.
  const int64_t blocks = CeilDiv(layout.tiles(), kRowBlock);
  const int64_t threads = std::min<int64_t>(at::get_num_threads(), blocks);
  const int64_t blocks_in_cache = std::max<int64_t>(1, kChunkFloats / work.VFloats(kRowBlock));
  const int64_t chunks = threads * CeilDiv(blocks, threads * blocks_in_cache);
  const int64_t rows = CeilDiv(blocks, chunks) * kRowBlock;
  const int64_t scratch_floats = work.VFloats(rows) + work.MFloats(rows) + work.panels() * kernels.panel;
  const at::Tensor scratch = at::empty({threads, scratch_floats}, x.options());
  ParallelFor(0, threads, 1, [&](int64_t begin, int64_t end) {
    for (int64_t chunk = begin * chunks / threads; chunk < end * chunks / threads; ++chunk) {
      const int64_t first = chunk * blocks / chunks * kRowBlock;
      const int64_t last = std::min((chunk + 1) * blocks / chunks * kRowBlock, layout.tiles());
      if (first < last) work.Run(first, last, scratch.mutable_data_ptr<float>() + begin * scratch_floats);
    }
  });
  return y;
}

}  // namespace mrsn::ops
