// Full-size detectors against PySlowFast's computation in eager mode (testing/eager_detector.h),
// same weights, same input, both sides in one run:
//
//   ./bazelw run //mrsn:detector_benchmark -- --benchmark_repetitions=5
//
// Forward: one 256 x 341 clip, 3 boxes, no gradients. Step: one 8 x 128 x 128 clip (fast: 32), 3
// boxes, forward, backward and SGD, batch norms with batch statistics as PySlowFast trains.
// The last argument is the side: 0 ours, 1 eager contiguous, 2 eager channels_last_3d.
// Before it is timed, each side's logits are compared with the contiguous one's.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <google/protobuf/text_format.h>
#include <torch/optim/sgd.h>

#include <memory>
#include <optional>
#include <string>

#include "mrsn/backbone_from_config.h"
#include "mrsn/build_model.h"
#include "mrsn/model_config.pb.h"
#include "mrsn/testing/eager_detector.h"
#include "ops/memory/cpu_block_cache.h"
#include "ops/sgd/sgd.h"

namespace mrsn {
namespace {

enum Side { kOurs, kContiguous, kChannelsLast };
constexpr const char* kSides[] = {"ours", "eager, contiguous", "eager, channels_last_3d"};
constexpr const char* kModels[] = {"slow_only {}", "slow_fast {}", "slow_only { stem_channels: 16 }",
                                   "slow_fast { slow { stem_channels: 16 } }"};
constexpr int64_t kFirstFull = 0, kFirstThin = 2;  // of the two models
constexpr int kThreads = 2;

struct Setting {
  std::shared_ptr<ActionDetector> detector;
  std::unique_ptr<EagerDetector> eager;  // null: ours
  DetectorInput input;

  at::Tensor Logits(bool training) {
    return eager ? eager->Forward(input, {training, training}) : detector->Forward(input).logits;
  }
  std::vector<at::Tensor> parameters() { return eager ? eager->parameters() : detector->parameters(); }
};

Setting Make(int64_t model, int64_t side, int64_t height, int64_t width) {
  at::set_num_threads(kThreads);
  torch::manual_seed(7);
  ModelConfig config;
  google::protobuf::TextFormat::ParseFromString(std::string("num_classes: 80 linear {} ") + kModels[model],
                                                &config);
  Setting setting;
  setting.detector = *BuildModel(config, torch::kCPU);
  if (side != kOurs) {
    setting.eager = std::make_unique<EagerDetector>(
        *ReadBackbone(config), RoiFeatureOptions(), *setting.detector,
        side == kContiguous ? at::MemoryFormat::Contiguous : at::MemoryFormat::ChannelsLast3d);
  }
  setting.input = MakeInput({1, 8, height, width}, setting.detector->needs());
  return setting;
}

// Largest difference to the contiguous eager side, relative to its largest value.
double Difference(int64_t model, Setting& setting, int64_t height, int64_t width) {
  Setting reference = Make(model, kContiguous, height, width);
  const at::Tensor expected = reference.Logits(false);
  return ((setting.Logits(false) - expected).abs().max() / expected.abs().max()).item<double>();
}

void Forward(benchmark::State& state) {
  const int64_t model = state.range(0), height = state.range(1), width = state.range(2);
  const at::NoGradGuard no_grad;
  Setting setting = Make(model, state.range(3), height, width);
  setting.detector->eval();
  const double difference = Difference(model, setting, height, width);
  if (!(difference < 2e-5)) state.SkipWithError("the logits differ by more than 2e-5");
  for (auto _ : state) benchmark::DoNotOptimize(setting.Logits(false).data_ptr());
  state.counters["difference"] = difference;
  state.SetLabel(std::string(kModels[model]) + " " + kSides[state.range(3)]);
}

void Step(benchmark::State& state) {
  const int64_t model = state.range(0);
  Setting setting = Make(model, state.range(3), state.range(1), state.range(2));
  setting.detector->train();
  const auto options = torch::optim::SGDOptions(1e-4).momentum(0.9).nesterov(true).weight_decay(1e-7);
  // Each side with its own optimizer and memory, as in experiments/engine/trainer.cc.
  std::unique_ptr<torch::optim::SGD> optimizer;
  std::optional<ops::CpuBlockCache::Scope> reuse_memory;
  if (setting.eager) {
    optimizer = std::make_unique<torch::optim::SGD>(setting.parameters(), options);
  } else {
    optimizer = std::make_unique<ops::Sgd>(setting.parameters(), options);
    reuse_memory.emplace();
  }
  const at::Tensor labels = at::zeros({3, 80}).bernoulli_(0.05);
  for (auto _ : state) {
    optimizer->zero_grad();
    at::binary_cross_entropy_with_logits(setting.Logits(true), labels).backward();
    optimizer->step();
  }
  state.SetLabel(std::string(kModels[model]) + " " + kSides[state.range(3)]);
}

void Sides(benchmark::internal::Benchmark* b, int64_t first_model, int64_t height, int64_t width) {
  for (const int64_t model : {first_model, first_model + 1}) {
    for (const int64_t side : {kOurs, kContiguous, kChannelsLast}) b->Args({model, height, width, side});
  }
  b->ArgNames({"model", "height", "width", "side"})->Unit(benchmark::kMillisecond)->UseRealTime();
}

BENCHMARK(Forward)->Apply([](auto* b) { Sides(b, kFirstFull, 256, 341); }) -> MinTime(3);
BENCHMARK(Step)->Apply([](auto* b) { Sides(b, kFirstFull, 128, 128); }) -> MinTime(3);
// For the smoke test.
BENCHMARK(Forward)->Name("SmallForward")->Apply([](auto* b) { Sides(b, kFirstThin, 32, 48); });
BENCHMARK(Step)->Name("SmallStep")->Apply([](auto* b) { Sides(b, kFirstThin, 32, 48); });

}  // namespace
}  // namespace mrsn
