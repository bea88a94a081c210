// Time of MrsnHead against the same equations written with torch::nn::MultiheadAttention
// (testing/plain_head.h), one clip, RSE on, one layer of each encoder, FFN ratio 1.
// Arguments: width d, persons N, width of the feature map (16 x w), layers of the MLP.
// PAPER.md, "Same results, less work", has figures. On a machine that does other things
// too, compare minima of many repetitions, and with OMP_NUM_THREADS=1 the column CPU:
//
//   bazel run //mrsn:mrsn_head_benchmark -- --benchmark_repetitions=20
#include <ATen/ATen.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "benchmark/benchmark.h"
#include "mrsn/head/mrsn_head.h"
#include "mrsn/testing/plain_head.h"

namespace mrsn {
namespace {

struct Case {
  explicit Case(const benchmark::State& state, bool plain) {
    torch::manual_seed(7);
    const int64_t persons = state.range(1);
    options.channels = 2304;
    options.mrse.width = options.mrse.hidden = state.range(0);
    options.mlp_layers = state.range(3);
    ours = std::make_shared<MrsnHead>(options);
    ours->eval();
    head = ours;
    if (plain) head = reference::MakePlainHead(*ours, options);
    input.features = at::randn({1, options.channels, 16, state.range(2)});
    input.actors = at::randn({persons, options.channels, 7, 7});
    const at::Tensor corners = at::rand({persons, 2}) * 0.6;
    input.boxes = at::cat({corners, corners + 0.3}, 1);
    input.clip_index = at::zeros({persons}, at::kLong);
  }

  MrsnHeadOptions options;
  std::shared_ptr<MrsnHead> ours;
  std::shared_ptr<RelationHead> head;
  HeadInput input;
};

void ReportMinimum(benchmark::internal::Benchmark* benchmark) {
  benchmark->Unit(benchmark::kMillisecond)
      ->UseRealTime()
      ->ComputeStatistics("min", [](const std::vector<double>& times) {
        return *std::min_element(times.begin(), times.end());
      });
}

void Forward(benchmark::State& state, bool plain) {
  const Case c(state, plain);
  at::NoGradGuard no_grad;
  // Packs ours' weights; a time of wrong results is none.
  const HeadOutput output = c.head->Forward(c.input), expected = c.ours->Forward(c.input);
  for (const auto& [a, b] : {std::pair(output.G, expected.G), std::pair(output.logits, expected.logits)}) {
    const double difference = ((a - b).abs().max() / b.abs().max()).item<double>();
    TORCH_CHECK(difference < 1e-5, "results differ by ", difference, " of the largest");
  }
  for (auto _ : state) benchmark::DoNotOptimize(c.head->Forward(c.input).logits);
}

void ForwardBackward(benchmark::State& state, bool plain) {
  Case c(state, plain);
  c.input.features.set_requires_grad(true);
  c.input.actors.set_requires_grad(true);
  for (auto _ : state) {
    c.head->zero_grad();
    c.head->Forward(c.input).logits.sum().backward();
  }
}

void ForwardCases(benchmark::internal::Benchmark* benchmark) {
  for (const int64_t width : {512, 1024}) {
    for (const int64_t persons : {1, 3, 5, 8}) benchmark->Args({width, persons, 22, 1});
  }
  benchmark->Args({1024, 8, 16, 1})->Args({1024, 8, 22, 2});
  ReportMinimum(benchmark);
}

void BackwardCases(benchmark::internal::Benchmark* benchmark) {
  benchmark->Args({512, 8, 22, 1})->Args({1024, 8, 22, 1});
  ReportMinimum(benchmark);
}

BENCHMARK_CAPTURE(Forward, plain, true)->Apply(ForwardCases);
BENCHMARK_CAPTURE(Forward, ours, false)->Apply(ForwardCases);
BENCHMARK_CAPTURE(ForwardBackward, plain, true)->Apply(BackwardCases);
BENCHMARK_CAPTURE(ForwardBackward, ours, false)->Apply(BackwardCases);

}  // namespace
}  // namespace mrsn
