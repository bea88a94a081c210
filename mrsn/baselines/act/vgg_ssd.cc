#include "mrsn/baselines/act/vgg_ssd.h"

#include <ATen/ATen.h>

#include <cmath>
#include <string>

#include "ops/convolution/convolution.h"

namespace mrsn::baselines {
namespace {

constexpr double kScale = 20, kNormEpsilon = 1e-10;

int Half(int side) { return (side + 1) / 2; }

std::vector<int> SidesOf(int64_t input_size) {
  std::vector<int> sides = {Half(Half(Half(static_cast<int>(input_size))))};
  for (int level = 1; level < 4; ++level) sides.push_back(Half(sides.back()));
  while (sides.size() < 6 && sides.back() > 2) sides.push_back(sides.back() - 2);
  return sides;
}

at::Tensor Pool(const at::Tensor& x) { return at::max_pool2d(x, {2, 2}, {2, 2}, {0, 0}, {1, 1}, true); }

}  // namespace

at::Tensor Convolve(const torch::nn::Conv2d& conv, const at::Tensor& x) {
  const auto& options = conv->options;
  const auto padding = std::get<torch::ExpandingArray<2>>(options.padding());
  return ops::Convolution(x, conv->weight, conv->bias,
                          {{(*options.stride())[0], (*options.stride())[1]},
                           {(*padding)[0], (*padding)[1]},
                           {(*options.dilation())[0], (*options.dilation())[1]}});
}

torch::nn::Conv2d VggSsd::Register(const char* name, int64_t inputs, int64_t outputs, int64_t kernel,
                                   int64_t stride, int64_t padding, int64_t dilation) {
  torch::nn::Conv2d conv(
      torch::nn::Conv2dOptions(inputs, outputs, kernel).stride(stride).padding(padding).dilation(dilation));
  at::NoGradGuard no_grad;
  conv->weight.normal_(0, std::sqrt(2.0 / static_cast<double>(inputs * kernel * kernel)));
  conv->bias.zero_();
  return register_module(name, conv);
}

VggSsd::VggSsd(const VggSsdOptions& options) : options_(options), sides_(SidesOf(options.input_size)) {
  TORCH_CHECK(options.input_size >= 64, "input_size: ", options.input_size, ", expected 64 or more");
  const auto width = [&](int64_t channels) { return channels / options.width_divisor; };
  const std::vector<std::vector<int64_t>> stages = {
      {64, 64}, {128, 128}, {256, 256, 256}, {512, 512, 512}, {512, 512, 512}};
  int64_t channels = 3;
  for (size_t stage = 0; stage < stages.size(); ++stage) {
    auto& convs = stages_.emplace_back();
    for (size_t i = 0; i < stages[stage].size(); ++i) {
      const std::string name = "conv" + std::to_string(stage + 1) + "_" + std::to_string(i + 1);
      convs.push_back(Register(name.c_str(), channels, width(stages[stage][i]), 3, 1, 1));
      channels = width(stages[stage][i]);
    }
  }
  scale_ = register_parameter("conv4_3_scale", at::full({channels}, kScale));
  fc6_ = Register("fc6", channels, width(1024), 3, 1, 6, 6);
  fc7_ = Register("fc7", width(1024), width(1024), 1);
  channels_ = {width(512), width(1024)};
  for (size_t level = 2; level < sides_.size(); ++level) {
    const std::string name = "conv" + std::to_string(level + 4);
    const int64_t inner = width(level == 2 ? 256 : 128), outer = width(level == 2 ? 512 : 256);
    const bool padded = level < 4;
    extra_.push_back(Register((name + "_1").c_str(), channels_.back(), inner, 1));
    extra_.push_back(Register((name + "_2").c_str(), inner, outer, 3, padded ? 2 : 1, padded ? 1 : 0));
    channels_.push_back(outer);
  }
}

std::vector<at::Tensor> VggSsd::Forward(at::Tensor frames) {
  const int64_t size = options_.input_size;
  if (frames.size(2) != size || frames.size(3) != size) {
    frames = at::upsample_bilinear2d(frames, {size, size}, /*align_corners=*/false);
  }
  at::Tensor x = frames.contiguous(at::MemoryFormat::ChannelsLast);
  std::vector<at::Tensor> maps;
  for (size_t stage = 0; stage < stages_.size(); ++stage) {
    if (stage > 0) x = Pool(x);
    for (const auto& conv : stages_[stage]) x = Convolve(conv, x).relu_();
    if (stage == 3) {
      const at::Tensor norm = ((x * x).sum(1, /*keepdim=*/true) + kNormEpsilon).sqrt();
      maps.push_back(x / norm * scale_.reshape({1, -1, 1, 1}));
    }
  }
  x = at::max_pool2d(x, {3, 3}, {1, 1}, {1, 1});
  x = Convolve(fc6_, x).relu_();
  x = Convolve(fc7_, x).relu_();
  maps.push_back(x);
  for (size_t i = 0; i < extra_.size(); i += 2) {
    x = Convolve(extra_[i], x).relu_();
    x = Convolve(extra_[i + 1], x).relu_();
    maps.push_back(x);
  }
  return maps;
}

}  // namespace mrsn::baselines
