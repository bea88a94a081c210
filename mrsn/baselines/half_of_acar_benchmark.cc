// The paper says that MRSN's parameters and computation are half of ACAR-Net's: forward time and
// memory of the heads, one clip of N persons, C = 2304, 16 x 16 map, side by side.
//
//   bazel run //mrsn/baselines:half_of_acar_benchmark -- --benchmark_repetitions=9
//       --benchmark_enable_random_interleaving=true
//
// peak_MB is the most memory that LibTorch's allocator had handed out at once in one pass, beside
// weights and input.
#include <ATen/ATen.h>
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "benchmark/benchmark.h"
#include "mrsn/baselines/acar/acar_head.h"
#include "mrsn/head/mrsn_head.h"
#include "mrsn/roi_features.h"

namespace mrsn::baselines {
namespace {

constexpr int64_t kChannels = 2304, kMap = 16, kStride = 16;

class PeakBytes : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, int64_t bytes, size_t, size_t, c10::Device) override {
    now_ += bytes;
    peak_ = std::max(peak_, now_);
  }
  bool memoryProfilingEnabled() const override { return true; }
  int64_t peak() const { return peak_; }

 private:
  int64_t now_ = 0, peak_ = 0;
};

std::shared_ptr<RelationHead> Mrsn(int64_t width) {
  MrsnHeadOptions options;
  options.channels = kChannels;
  options.mrse.width = options.mrse.hidden = width;
  options.mlp_layers = 1;
  return std::make_shared<MrsnHead>(options);
}

std::shared_ptr<RelationHead> Acar() {
  AcarHeadOptions options;
  options.channels = kChannels;
  options.depth = 2;
  options.classes = 60;
  return std::make_shared<AcarHead>(options);
}

HeadInput Input(int64_t persons) {
  HeadInput input;
  input.features = at::randn({1, kChannels, kMap, kMap});
  const at::Tensor corners = at::rand({persons, 2}) * 0.6;
  input.boxes = at::cat({corners, corners + 0.3}, 1);
  input.clip_index = at::zeros({persons}, at::kLong);
  input.roi_align = [boxes = input.boxes, clips = input.clip_index](const at::Tensor& map) {
    return RoiFeatures(map, boxes, clips, {kMap * kStride, kMap * kStride}, kStride, {});
  };
  input.actors = input.roi_align(input.features);
  return input;
}

void Forward(benchmark::State& state, const std::shared_ptr<RelationHead>& head) {
  torch::manual_seed(7);
  const at::NoGradGuard no_grad;
  head->eval();
  const HeadInput input = Input(state.range(0));
  head->Forward(input);  // packs weights
  const auto peak = std::make_shared<PeakBytes>();
  {
    const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, peak);
    head->Forward(input);
  }
  for (auto _ : state) benchmark::DoNotOptimize(head->Forward(input).logits);
  state.counters["peak_MB"] = static_cast<double>(peak->peak()) / 1e6;
}

void Persons(benchmark::internal::Benchmark* benchmark) {
  benchmark->Unit(benchmark::kMillisecond)->UseRealTime()->Arg(1)->Arg(3)->Arg(5)->Arg(10);
}

void MrsnWidth512(benchmark::State& state) {
  static const auto head = Mrsn(512);
  Forward(state, head);
}
void MrsnWidth1024(benchmark::State& state) {
  static const auto head = Mrsn(1024);
  Forward(state, head);
}
void AcarDepth2(benchmark::State& state) {
  static const auto head = Acar();
  Forward(state, head);
}
BENCHMARK(MrsnWidth512)->Apply(Persons);
BENCHMARK(MrsnWidth1024)->Apply(Persons);
BENCHMARK(AcarDepth2)->Apply(Persons);

}  // namespace
}  // namespace mrsn::baselines
