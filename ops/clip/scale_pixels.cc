#include "ops/clip/scale_pixels.h"

#include <ATen/ATen.h>

#include <array>
#include <cstdint>
#include <vector>

#include "ops/device/constants.h"
#include "ops/parallel/parallel_for.h"

namespace mrsn {
namespace {

constexpr int64_t kChannels = 3;

void CheckPixels(const at::Tensor& pixels) {
  TORCH_CHECK(pixels.scalar_type() == at::kByte && pixels.dim() == 5 && pixels.size(1) == kChannels,
              "pixels: expected uint8 [B,3,T,H,W], found ", pixels.scalar_type(), " ", pixels.sizes());
}

// The colour (0: R) that channel `c` of the network shows.
int64_t ColourOf(int64_t c, const PixelScaling& scaling) { return scaling.bgr ? kChannels - 1 - c : c; }

at::Tensor ScalePixelsByTable(const at::Tensor& given, const PixelScaling& scaling) {
  const at::Tensor pixels = given.contiguous();
  std::array<std::array<float, 256>, kChannels> tables;  // by colour
  for (int64_t colour = 0; colour < kChannels; ++colour) {
    for (int value = 0; value < 256; ++value) {
      tables[colour][value] = (value / scaling.divisor - scaling.mean[colour]) / scaling.std[colour];
    }
  }
  at::Tensor scaled = at::empty(pixels.sizes(), at::kFloat);
  const int64_t frames = pixels.size(2), plane = pixels.size(3) * pixels.size(4);
  const uint8_t* from = pixels.data_ptr<uint8_t>();
  float* to = scaled.data_ptr<float>();
  ops::ParallelFor(0, pixels.size(0) * kChannels * frames, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t t = i % frames, c = i / frames % kChannels, b = i / frames / kChannels;
      const int64_t colour = ColourOf(c, scaling);
      const auto& table = tables[colour];
      const uint8_t* pixel = from + ((b * kChannels + colour) * frames + t) * plane;
      float* number = to + i * plane;
      for (int64_t p = 0; p < plane; ++p) number[p] = table[pixel[p]];
    }
  });
  return scaled;
}

}  // namespace

at::Tensor ScalePixelsByArithmetic(const at::Tensor& pixels, const PixelScaling& scaling) {
  CheckPixels(pixels);
  // Tensors, because CUDA multiplies by the reciprocal when it divides by a number.
  std::vector<double> numbers(kChannels, scaling.divisor);
  for (const auto* values : {&scaling.mean, &scaling.std}) {
    for (int64_t c = 0; c < kChannels; ++c) numbers.push_back((*values)[ColourOf(c, scaling)]);
  }
  const at::Tensor operands = Constant("pixel scaling", numbers, pixels.options().dtype(at::kFloat), [&] {
    return at::tensor(numbers, at::kDouble).view({3, 1, kChannels, 1, 1, 1});
  });
  const at::Tensor channels = scaling.bgr ? pixels.flip(1) : pixels;
  return channels.to(at::kFloat).div_(operands[0]).sub_(operands[1]).div_(operands[2]);
}

at::Tensor ScalePixels(const at::Tensor& pixels, const PixelScaling& scaling) {
  if (!pixels.defined()) return pixels;
  CheckPixels(pixels);
  return pixels.is_cpu() ? ScalePixelsByTable(pixels, scaling) : ScalePixelsByArithmetic(pixels, scaling);
}

}  // namespace mrsn
