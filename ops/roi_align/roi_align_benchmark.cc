// Time of RoIAlign on maps of 1024 channels (stage 4 of a ResNet-50, 256x352 frames) and of
// 2304 (SlowFast's last stage, 256x464 frames), 7x7 bins, adaptive sampling, boxes shaped
// like people. README.md has torchvision's times of the same.
//
//   bazel run //ops/roi_align:roi_align_benchmark -- --benchmark_filter=Backward
#include <cmath>
#include <cstdint>

#include "ATen/ATen.h"
#include "benchmark/benchmark.h"
#include "c10/core/GradMode.h"
#include "ops/roi_align/roi_align.h"

namespace mrsn::ops {
namespace {

double Fraction(double value) { return value - std::floor(value); }

// 15-40 % of the frame wide, 45-90 % high, spread by multiples of irrational numbers.
at::Tensor PersonBoxes(int64_t count, double frame_width, double frame_height) {
  const at::Tensor boxes = at::empty({count, 4});
  float* box = boxes.data_ptr<float>();
  for (int64_t i = 0; i < count; ++i, box += 4) {
    const double width = frame_width * (0.15 + 0.25 * Fraction(i * 0.6180339887));
    const double height = frame_height * (0.45 + 0.45 * Fraction(i * 0.4142135624));
    box[0] = Fraction(i * 0.7320508076) * (frame_width - width);
    box[1] = Fraction(i * 0.2360679775) * (frame_height - height);
    box[2] = box[0] + width;
    box[3] = box[1] + height;
  }
  return boxes;
}

struct Case {
  explicit Case(const benchmark::State& state) {
    const at::Tensor dense = at::randn({1, state.range(0), state.range(1), state.range(2)});
    features = state.range(4) ? dense.contiguous(at::MemoryFormat::ChannelsLast) : dense;
    boxes = PersonBoxes(state.range(3), state.range(2) * 16.0, state.range(1) * 16.0);
    clip_index = at::zeros({state.range(3)}, at::kLong);
  }
  at::Tensor features, boxes, clip_index;
};

void Forward(benchmark::State& state) {
  const Case input(state);
  c10::NoGradGuard no_grad;
  for (auto _ : state) {
    benchmark::DoNotOptimize(RoiAlign(input.features, input.boxes, input.clip_index, {}));
  }
}

void Backward(benchmark::State& state) {
  Case input(state);
  input.features.requires_grad_();
  for (auto _ : state) {
    state.PauseTiming();
    const at::Tensor out = RoiAlign(input.features, input.boxes, input.clip_index, {});
    const at::Tensor grad = at::ones_like(out);
    input.features.mutable_grad() = at::Tensor();
    state.ResumeTiming();
    out.backward(grad);
  }
}

void Shapes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"channels", "height", "width", "boxes", "channels_last"});
  for (const int64_t channels_last : {0, 1}) {
    for (const int64_t boxes : {8, 64}) {
      benchmark->Args({1024, 16, 22, boxes, channels_last});
      benchmark->Args({2304, 16, 29, boxes, channels_last});
    }
  }
  benchmark->Unit(benchmark::kMillisecond)->UseRealTime();
}

BENCHMARK(Forward)->Apply(Shapes);
BENCHMARK(Backward)->Apply(Shapes);

}  // namespace
}  // namespace mrsn::ops
