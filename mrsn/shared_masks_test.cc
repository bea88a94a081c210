// In training, with dropout, a clip's scores do not depend on the clips that are computed beside it: whoever
// shares a batch draws the same masks.
#include <ATen/ATen.h>
#include <torch/nn/modules/batchnorm.h>

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "mrsn/build_model.h"
#include "mrsn/testing/micro_detector.h"
#include "ops/dropout/clip_dropout.h"

namespace mrsn {
namespace {

constexpr int64_t kClips = 3;

// The clip alone.
DetectorInput ClipOf(const DetectorInput& all, int64_t clip) {
  DetectorInput alone;
  DetectorInput copy = all;
  const auto rows_of = [&](const at::Tensor& clips) { return (clips == clip).nonzero().squeeze(1); };
  for (const InputTensor& tensor : InputTensors()) {
    const at::Tensor& values = tensor.of(copy);
    if (!values.defined()) continue;
    const auto counted = tensor.shape[0].member;
    at::Tensor rows = at::tensor({clip}, at::kLong);
    if (counted == &InputSize::persons) rows = rows_of(all.clip_index);
    if (counted == &InputSize::entries) rows = rows_of(all.bank.clip_index);
    if (counted == &InputSize::objects) rows = rows_of(all.object_clip_index);
    tensor.of(alone) = values.index_select(0, rows);
  }
  for (at::Tensor* clips : {&alone.clip_index, &alone.bank.clip_index, &alone.object_clip_index}) {
    if (clips->defined()) *clips = at::zeros_like(*clips);
  }
  return alone;
}

// Trained so far that every layer matters, with norms that do not join the clips.
template <typename Model>
void Prepare(Model& model) {
  at::manual_seed(4);
  const at::NoGradGuard no_grad;
  for (at::Tensor& parameter : model.parameters()) parameter.add_(at::randn_like(parameter) * 0.1);
  model.train();
  model.SetBatchNormFrozen(true);
  for (const auto& module : model.modules()) {
    if (auto* norm = module->template as<torch::nn::BatchNorm2d>()) norm->eval();
  }
}

std::vector<uint64_t> SeedsOf(const std::vector<int64_t>& clips, uint64_t seed = 7) {
  std::vector<uint64_t> seeds;
  for (const int64_t clip : clips) seeds.push_back(ops::ClipSeed(seed, "video", clip));
  return seeds;
}

class SharedMasksTest : public ::testing::TestWithParam<const char*> {};

TEST_P(SharedMasksTest, OfAClipAloneAndOfABatch) {
  const auto model = Build(std::string(kMicroBackbone) + GetParam());
  Prepare(*model);
  InputSize size;
  size.clips = kClips;
  size.frames = 2;
  size.height = size.width = 32;
  size.persons = 5;
  size.objects = 4;
  size.entries = 12;
  DetectorInput input = MakeInput(size, model->needs());
  if (input.bank.features.defined()) {  // the second clip's window is empty
    const at::Tensor rows = (input.bank.clip_index != 1).nonzero().squeeze(1);
    for (at::Tensor* of_bank : {&input.bank.features, &input.bank.clip_index, &input.bank.offset}) {
      *of_bank = of_bank->index_select(0, rows);
    }
  }
  const auto logits = [&](const DetectorInput& given, const std::vector<uint64_t>& seeds) {
    const ops::ClipDropoutScope scope(seeds);
    return model->Forward(given).logits.detach();
  };
  const at::Tensor whole = logits(input, SeedsOf({0, 1, 2}));
  for (int64_t clip = 0; clip < kClips; ++clip) {
    const at::Tensor expected = whole.index_select(0, (input.clip_index == clip).nonzero().squeeze(1));
    ASSERT_GT(expected.numel(), 0);
    const at::Tensor alone = logits(ClipOf(input, clip), SeedsOf({clip}));
    EXPECT_LE((alone - expected).abs().max().item<double>(), 1e-4) << "clip " << clip;
  }
  const at::Tensor other = logits(input, SeedsOf({0, 1, 2}, /*seed=*/8));
  EXPECT_GT((other - whole).abs().max().item<double>(), 1e-2) << "nothing was dropped";
}

INSTANTIATE_TEST_SUITE_P(
    Heads, SharedMasksTest,
    ::testing::Values(
        "linear {}", "mrsn { width: 8 heads: 2 support_size: 8 patch_size: 2 acre {} aare {} rse {} }",
        "mrsn { width: 8 heads: 2 support_size: 8 patch_size: 2 acre {} long_term { window_seconds: 2 } }",
        "context_average {}", "acrn { dropout: 0.5 }", "acar { width: 8 reduced_width: 8 dropout: 0.3 }",
        "acar { width: 8 reduced_width: 8 bank_grid: 2 long_term { window_seconds: 2 } }",
        "lfb { width: 8 bank_width: 6 window_seconds: 3 }",
        "lfb { width: 8 bank_width: 6 window_seconds: 3 sampled_per_second: 1 dropout: 0 }",
        "aia { width: 8 mlp_width: 8 bank_width: 6 window_seconds: 2 }",
        "aia { width: 8 mlp_width: 8 window_seconds: 2 asynchronous_memory: true structure: PARALLEL }",
        "aia { width: 8 mlp_width: 8 bank_width: 6 window_seconds: 2 structure: SERIAL "
        "padding { persons: 4 objects: 3 memory_per_second: 2 } }"));

// A clip's proposals come one after the other.
TEST(SharedMasksOfStepTest, OfAClipAloneAndOfABatch) {
  const auto model = BuildDetector(Parse("num_classes: 5 step { width_divisor: 16 dropout: 0.5 }"), at::kCPU);
  ASSERT_TRUE(model.ok()) << model.status();
  Prepare(**model);
  InputSize size;
  size.clips = kClips;
  size.frames = 12;
  size.height = size.width = 64;
  const DetectorInput input = MakeInput(size, (*model)->needs());
  const auto predictions = [&](const DetectorInput& given, const std::vector<uint64_t>& seeds) {
    const at::NoGradGuard no_grad;
    const ops::ClipDropoutScope scope(seeds);
    return (*model)->ForwardForCounting(given);
  };
  const std::vector<at::Tensor> whole = predictions(input, SeedsOf({0, 1, 2})),
                                other = predictions(input, SeedsOf({0, 1, 2}, /*seed=*/8));
  ASSERT_EQ(whole.size(), 8) << "logits and offsets of three steps, and of one the two beside them";
  for (int64_t clip = 0; clip < kClips; ++clip) {
    const std::vector<at::Tensor> alone = predictions(ClipOf(input, clip), SeedsOf({clip}));
    for (size_t i = 0; i < whole.size(); ++i) {
      const at::Tensor expected = whole[i].chunk(kClips)[clip];
      ASSERT_EQ(alone[i].sizes(), expected.sizes());
      const double largest = expected.abs().max().item<double>();
      EXPECT_LE((alone[i] - expected).abs().max().item<double>(), 1e-3 * largest) << clip << " " << i;
      EXPECT_GT((other[i].chunk(kClips)[clip] - expected).abs().max().item<double>(), 1e-2 * largest);
    }
  }
}

}  // namespace
}  // namespace mrsn
