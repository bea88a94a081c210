// Time of BatchNormRelu, forward and backward, on the shapes of a SlowFast backbone's training step (one
// clip, 8x128x128), and of the ATen operations it stands for on the same tensors. README.md has the figures.
//
//   OMP_NUM_THREADS=2 bazel run //ops/norm_relu:norm_relu_benchmark
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <vector>

#include "ATen/ATen.h"
#include "benchmark/benchmark.h"
#include "ops/norm_relu/norm_relu.h"

namespace mrsn::ops {
namespace {

struct Case {
  explicit Case(const benchmark::State& state) {
    const int64_t channels = state.range(0);
    const auto map = [&] {
      return at::randn({1, channels, state.range(1), state.range(2), state.range(2)})
          .contiguous(at::MemoryFormat::ChannelsLast3d);
    };
    x = map().requires_grad_();
    if (state.range(3)) residual = map().requires_grad_();
    grad = map();
    gamma = at::ones({channels}).requires_grad_();
    beta = at::zeros({channels}).requires_grad_();
    running_mean = at::zeros({channels});
    running_var = at::ones({channels});
  }
  at::Tensor x, residual, grad, gamma, beta, running_mean, running_var;
};

at::Tensor Fused(const Case& in) {
  return BatchNormRelu(in.x, in.gamma, in.beta, in.running_mean, in.running_var, in.residual, {});
}

at::Tensor Aten(const Case& in) {
  at::Tensor y =
      at::batch_norm(in.x, in.gamma, in.beta, in.running_mean, in.running_var, true, 0.1, 1e-5, false);
  if (in.residual.defined()) y.add_(in.residual);
  return y.relu_();
}

// Runs f as often as the state wants; the counter is the fastest run, which others' load disturbs least.
template <typename Function>
void Clock(benchmark::State& state, const Function& f) {
  using Clock = std::chrono::steady_clock;
  double fastest = std::numeric_limits<double>::infinity();
  for (auto _ : state) {
    const Clock::time_point start = Clock::now();
    f();
    fastest = std::min(fastest, std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
  state.counters["fastest_us"] = fastest;
}

template <at::Tensor (*kNorm)(const Case&)>
void Forward(benchmark::State& state) {
  const Case in(state);
  Clock(state, [&] { benchmark::DoNotOptimize(kNorm(in)); });
}

template <at::Tensor (*kNorm)(const Case&)>
void ForwardBackward(benchmark::State& state) {
  Case in(state);
  Clock(state, [&] {
    kNorm(in).backward(in.grad);
    for (at::Tensor* t : {&in.x, &in.residual, &in.gamma, &in.beta}) {
      if (t->defined()) t->mutable_grad().reset();
    }
  });
}

void Shapes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"channels", "frames", "side", "residual"});
  for (const std::vector<int64_t>& shape : std::vector<std::vector<int64_t>>{{64, 8, 64, 0},
                                                                             {64, 8, 32, 0},
                                                                             {256, 8, 32, 1},
                                                                             {128, 8, 16, 0},
                                                                             {512, 8, 16, 1},
                                                                             {1024, 8, 8, 1},
                                                                             {512, 8, 8, 0},
                                                                             {2048, 8, 8, 1},
                                                                             {8, 32, 64, 0},
                                                                             {8, 32, 32, 0},
                                                                             {32, 32, 32, 1},
                                                                             {64, 32, 16, 1},
                                                                             {256, 32, 8, 1},
                                                                             {16, 2, 4, 1}}) {  // smoke test
    benchmark->Args(shape);
  }
  benchmark->Unit(benchmark::kMicrosecond)->UseRealTime();
}

BENCHMARK_TEMPLATE(ForwardBackward, Fused)->Apply(Shapes);
BENCHMARK_TEMPLATE(ForwardBackward, Aten)->Apply(Shapes);
BENCHMARK_TEMPLATE(Forward, Fused)->Apply(Shapes);
BENCHMARK_TEMPLATE(Forward, Aten)->Apply(Shapes);

}  // namespace
}  // namespace mrsn::ops
