// Time of the convolutions with three taps of SlowOnly and SlowFast R-50 on frames of 256x352 (16x22 maps at
// the end), batch 1, bias and ReLU included: by Winograd, by at::convolution, and by oneDNN's convolution
// fused with the ReLU, whose weight is packed beforehand.
//
//   bazel run //ops/winograd:winograd_benchmark -- --benchmark_filter=res5b
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ATen/ATen.h"
#include "ATen/Parallel.h"
#include "ATen/core/dispatch/Dispatcher.h"
#include "ATen/core/stack.h"
#include "benchmark/benchmark.h"
#include "c10/core/InferenceMode.h"
#include "ops/winograd/winograd.h"

namespace mrsn::ops {
namespace {

constexpr int kThreads = 2;
const std::vector<int64_t> kOnes = {1, 1, 1}, kZeros = {0, 0, 0};

struct Shape {
  std::string name;
  bool spatial;
  int64_t inputs, outputs, dilation, frames;
  int64_t height = 16, width = 22;
};

struct Case {
  explicit Case(const Shape& shape) : inference(true) {
    at::set_num_threads(kThreads);
    const int64_t d = shape.dilation;
    const std::vector<int64_t> taps =
        shape.spatial ? std::vector<int64_t>{1, 3, 3} : std::vector<int64_t>{3, 1, 1};
    padding = shape.spatial ? std::vector<int64_t>{0, d, d} : std::vector<int64_t>{d, 0, 0};
    dilation = shape.spatial ? std::vector<int64_t>{1, d, d} : std::vector<int64_t>{d, 1, 1};
    x = at::randn({1, shape.inputs, shape.frames, shape.height, shape.width})
            .relu_()
            .contiguous(at::MemoryFormat::ChannelsLast3d);
    weight = (at::randn({shape.outputs, shape.inputs, taps[0], taps[1], taps[2]}) * 0.02)
                 .contiguous(at::MemoryFormat::ChannelsLast3d);
    bias = at::randn({shape.outputs});
  }
  c10::InferenceMode inference;
  std::vector<int64_t> padding, dilation;
  at::Tensor x, weight, bias;
};

void Winograd(benchmark::State& state, const Shape& shape) {
  const Case input(shape);
  const WinogradConv conv(input.weight, input.bias, shape.dilation);
  for (auto _ : state) benchmark::DoNotOptimize(conv.Forward(input.x, true));
}

void Convolution(benchmark::State& state, const Shape& shape) {
  const Case input(shape);
  for (auto _ : state) {
    benchmark::DoNotOptimize(at::convolution(input.x, input.weight, input.bias, kOnes, input.padding,
                                             input.dilation, false, kZeros, 1)
                                 .relu_());
  }
}

// Calls an operator of LibTorch that has no C++ declaration.
std::optional<at::Tensor> Call(const char* name, std::vector<c10::IValue> arguments) {
  const auto op = c10::Dispatcher::singleton().findSchema({name, ""});
  if (!op) return std::nullopt;
  op->callBoxed(&arguments);
  return arguments.front().toTensor();
}

void FusedOneDnn(benchmark::State& state, const Shape& shape) {
  const Case input(shape);
  const auto packed = Call("mkldnn::_reorder_convolution_weight",
                           {input.weight, input.padding, kOnes, input.dilation, 1, input.x.sizes().vec()});
  if (!packed) return state.SkipWithError("LibTorch without oneDNN");
  for (auto _ : state) {
    benchmark::DoNotOptimize(Call("mkldnn::_convolution_pointwise",
                                  {input.x, *packed, input.bias, input.padding, kOnes, input.dilation, 1,
                                   "relu", c10::List<std::optional<at::Scalar>>(), c10::IValue()}));
  }
}

const int kRegistered = [] {
  const std::vector<Shape> shapes = {
      {"res2b", true, 64, 64, 1, 8, 64, 88},
      {"res3b", true, 128, 128, 1, 8, 32, 44},
      {"res4b", true, 256, 256, 1, 8},
      {"res5b", true, 512, 512, 2, 8},
      {"res4a", false, 1024, 256, 1, 8},
      {"res5a", false, 2048, 512, 1, 8},
      {"res5a_first", false, 1024, 512, 1, 8},
      {"res4a_lateral", false, 1280, 256, 1, 8},
      {"res5a_lateral", false, 1280, 512, 1, 8},
      {"res4b_4_frames", true, 256, 256, 1, 4},
      {"res4a_4_frames", false, 1024, 256, 1, 4},
      {"res4b_16_frames", true, 256, 256, 1, 16},
      {"res4a_16_frames", false, 1024, 256, 1, 16},
      {"smoke_spatial", true, 64, 64, 1, 1, 8, 8},  // for the smoke test
      {"smoke_temporal", false, 64, 64, 1, 4, 4, 4},
  };
  for (const Shape& shape : shapes) {
    for (const auto& [way, run] : {std::pair{"winograd", &Winograd},
                                   {"at::convolution", Convolution},
                                   {"fused_onednn", FusedOneDnn}}) {
      benchmark::RegisterBenchmark((shape.name + "/" + way).c_str(), run, shape)
          ->Unit(benchmark::kMillisecond)
          ->UseRealTime();
    }
  }
  return 0;
}();

}  // namespace
}  // namespace mrsn::ops
