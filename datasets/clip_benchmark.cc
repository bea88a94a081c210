// From decoded frames to a model's input, with frames as bytes until the end and, for comparison, as floats
// from the start: the time, and the bytes that are copied and moved to a device.
//   bazel run -c opt //datasets:clip_benchmark
#include <ATen/ATen.h>

#include <cstring>
#include <map>
#include <vector>

#include "benchmark/benchmark.h"
#include "datasets/collate.h"
#include "datasets/transforms.h"
#include "opencv2/core.hpp"
#include "opencv2/imgproc.hpp"
#include "ops/clip/scale_pixels.h"

namespace mrsn::datasets {
namespace {

// The paper's clip: 32 fast frames, of which 8 are slow, from 4:3 video; batches of 4 clips.
constexpr int kFast = 32, kSlow = 8, kClips = 4;
constexpr FrameSize kSource = {480, 360};

std::vector<cv::Mat> Frames() {
  std::vector<cv::Mat> frames;
  cv::RNG random(1);
  for (int t = 0; t < kFast; ++t) {
    frames.emplace_back(kSource.height, kSource.width, CV_8UC3);
    random.fill(frames.back(), cv::RNG::UNIFORM, 0, 256);
  }
  return frames;
}

ClipGeometry Geometry() { return WholeFrame(ScaledSize(kSource, 256), true); }

Sample TransformAsBytes(const std::vector<cv::Mat>& frames) {
  std::vector<cv::Mat> changed;
  for (const cv::Mat& frame : frames) changed.push_back(TransformFrame(frame, Geometry()));
  std::vector<const cv::Mat*> slow, fast;
  for (int t = 0; t < kFast; ++t) fast.push_back(&changed[t]);
  for (int t = 0; t < kSlow; ++t) slow.push_back(&changed[t * (kFast - 1) / (kSlow - 1)]);
  Sample sample;
  sample.slow = StackFrames(slow);
  sample.fast = StackFrames(fast);
  return sample;
}

// The frames of a pathway, resized, mirrored and normalised pixel by pixel through a table.
at::Tensor TransformAsFloats(const std::vector<cv::Mat>& frames, int count) {
  const ClipGeometry geometry = Geometry();
  const auto [width, height] = geometry.size;
  float table[256];
  for (int value = 0; value < 256; ++value) table[value] = (value / 255.0f - 0.45f) / 0.225f;
  at::Tensor stack = at::empty({3, count, height, width}, at::kFloat);
  const int64_t plane = int64_t{height} * width;
  cv::Mat scaled;
  for (int t = 0; t < count; ++t) {
    cv::resize(frames[t * (kFast - 1) / (count - 1)], scaled, cv::Size(width, height), 0, 0,
               cv::INTER_LINEAR);
    float* red = stack.data_ptr<float>() + t * plane;
    for (int y = 0; y < height; ++y) {
      const uint8_t* pixel = scaled.ptr<uint8_t>(y);
      for (int64_t to = int64_t{y} * width + width - 1; to >= int64_t{y} * width; --to, pixel += 3) {
        for (int c = 0; c < 3; ++c) red[c * count * plane + to] = table[pixel[c]];
      }
    }
  }
  return stack;
}

void Report(benchmark::State& state, int64_t bytes) {
  state.SetItemsProcessed(state.iterations() * kClips);
  state.counters["batch_MB"] = bytes / 1e6;
}

// Transformed, stacked in a batch, and scaled to the model's numbers.
void BM_BatchFromBytes(benchmark::State& state) {
  const std::vector<cv::Mat> frames = Frames();
  int64_t bytes = 0;
  for (auto _ : state) {
    std::vector<Sample> samples;
    for (int b = 0; b < kClips; ++b) samples.push_back(TransformAsBytes(frames));
    const ClipBatch batch = Collate(samples, 80);
    bytes = batch.slow.nbytes() + batch.fast.nbytes();
    benchmark::DoNotOptimize(ScalePixels(batch.slow, batch.scaling));
    benchmark::DoNotOptimize(ScalePixels(batch.fast, batch.scaling));
  }
  Report(state, bytes);
}
BENCHMARK(BM_BatchFromBytes)->Unit(benchmark::kMillisecond)->UseRealTime();

// The same up to where a loader's thread hands over.
void BM_BatchOfBytes(benchmark::State& state) {
  const std::vector<cv::Mat> frames = Frames();
  int64_t bytes = 0;
  for (auto _ : state) {
    std::vector<Sample> samples;
    for (int b = 0; b < kClips; ++b) samples.push_back(TransformAsBytes(frames));
    const ClipBatch batch = Collate(samples, 80);
    bytes = batch.slow.nbytes() + batch.fast.nbytes();
    benchmark::DoNotOptimize(batch.fast.data_ptr());
  }
  Report(state, bytes);
}
BENCHMARK(BM_BatchOfBytes)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_BatchFromFloats(benchmark::State& state) {
  const std::vector<cv::Mat> frames = Frames();
  int64_t bytes = 0;
  for (auto _ : state) {
    std::vector<at::Tensor> slow, fast;
    for (int b = 0; b < kClips; ++b) {
      slow.push_back(TransformAsFloats(frames, kSlow));
      fast.push_back(TransformAsFloats(frames, kFast));
    }
    const at::Tensor slow_batch = at::stack(slow), fast_batch = at::stack(fast);
    bytes = slow_batch.nbytes() + fast_batch.nbytes();
    benchmark::DoNotOptimize(fast_batch.data_ptr());
  }
  Report(state, bytes);
}
BENCHMARK(BM_BatchFromFloats)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace mrsn::datasets
