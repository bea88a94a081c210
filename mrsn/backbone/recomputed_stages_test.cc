// Stages that are computed again in the backward pass: the same numbers, less memory.
#include <ATen/ATen.h>
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "mrsn/backbone/inception3d.h"
#include "mrsn/backbone/slow_fast.h"
#include "mrsn/backbone/slow_only.h"
#include "mrsn/backbone/two_stream.h"
#include "ops/recompute/recompute.h"

namespace mrsn {
namespace {

// Counts the bytes of tensors that this thread makes and has not freed.
class Bytes : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, int64_t size, size_t, size_t, c10::Device) override {
    alive += size;
    peak = std::max(peak, alive);
  }
  bool memoryProfilingEnabled() const override { return true; }
  int64_t alive = 0, peak = 0;
};

struct Backbones {
  const char* name;
  std::shared_ptr<Backbone> (*make)();
  double part;  // more of the peak is an error
};

ResNet3dOptions R50() {
  ResNet3dOptions options;
  options.stem_channels = 8;
  options.stages = SlowStages(50, 8);
  options.stages[2].nonlocal = {1, 4};
  return options;
}

std::shared_ptr<Backbone> MakeSlowOnly() { return std::make_shared<SlowOnly>(SlowOnlyOptions{R50(), {}}); }

std::shared_ptr<Backbone> MakeSlowFast() {
  SlowFastOptions options;
  options.slow = R50();
  options.fast = FastPathway(options.slow, {});
  return std::make_shared<SlowFast>(options);
}

Inception3dOptions S3dG() {
  Inception3dOptions options;
  options.width_divisor = 8;
  options.separable = options.gating = true;
  options.last = InceptionStep::kMixed4f;
  return options;
}

std::shared_ptr<Backbone> MakeS3dG() {
  return std::make_shared<Inception3dBackbone>(Inception3dBackboneOptions{S3dG(), {}});
}

std::shared_ptr<Backbone> MakeTwoStream() {
  TwoStreamOptions options;
  options.rgb = options.flow = S3dG();
  return std::make_shared<TwoStream>(options);
}

struct Step {
  at::Tensor loss;
  std::vector<at::Tensor> gradients, buffers;
  int64_t peak = 0;  // bytes, of both passes
};

Step RunStep(std::shared_ptr<Backbone> (*make)(), bool frozen, bool recompute) {
  at::manual_seed(4);
  const std::shared_ptr<Backbone> backbone = make();
  backbone->train();
  backbone->SetBatchNormFrozen(frozen);
  Clip clip;
  clip.slow = at::randn({2, 3, 4, 64, 64});
  clip.fast = at::randn({2, 3, 16, 64, 64});
  clip.flow = at::randn({2, 2, 4, 64, 64});
  Step step;
  const auto bytes = std::make_shared<Bytes>();
  {
    const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, bytes);
    const ops::RecomputeScope scope(recompute);
    step.loss = backbone->Forward(clip).square().mean();
    step.loss.backward();
  }
  step.peak = bytes->peak;
  for (const at::Tensor& parameter : backbone->parameters()) {
    if (parameter.requires_grad()) step.gradients.push_back(parameter.grad());
  }
  for (const at::Tensor& buffer : backbone->buffers()) step.buffers.push_back(buffer);
  return step;
}

class RecomputedStagesTest : public ::testing::TestWithParam<Backbones> {
 protected:
  RecomputedStagesTest() : threads_(at::get_num_threads()) { at::set_num_threads(1); }
  ~RecomputedStagesTest() override { at::set_num_threads(threads_); }

 private:
  const int threads_;
};

TEST_P(RecomputedStagesTest, GiveTheSameBitsInLessMemory) {
  for (const bool frozen : {false, true}) {
    SCOPED_TRACE(frozen ? "norms are frozen" : "norms are trained");
    const Step kept = RunStep(GetParam().make, frozen, /*recompute=*/false),
               again = RunStep(GetParam().make, frozen, /*recompute=*/true);
    EXPECT_TRUE(at::equal(again.loss, kept.loss));
    ASSERT_EQ(again.gradients.size(), kept.gradients.size());
    for (size_t p = 0; p < kept.gradients.size(); ++p) {
      ASSERT_TRUE(kept.gradients[p].defined() && again.gradients[p].defined()) << p;
      EXPECT_TRUE(at::equal(again.gradients[p], kept.gradients[p])) << p;
    }
    for (size_t b = 0; b < kept.buffers.size(); ++b) {
      EXPECT_TRUE(at::equal(again.buffers[b], kept.buffers[b])) << "statistics changed twice, " << b;
    }
    EXPECT_LT(again.peak, GetParam().part * kept.peak);
    std::printf("%s: %.1f MB at most, %.1f MB when all is kept\n", GetParam().name, again.peak / 1e6,
                kept.peak / 1e6);
  }
}

INSTANTIATE_TEST_SUITE_P(Backbones, RecomputedStagesTest,
                         ::testing::Values(Backbones{"SlowOnly", &MakeSlowOnly, 0.8},
                                           Backbones{"SlowFast", &MakeSlowFast, 0.8},
                                           Backbones{"S3dG", &MakeS3dG, 0.95},
                                           Backbones{"TwoStream", &MakeTwoStream, 0.9}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace mrsn
