// PySlowFast's weights in, PySlowFast's numbers out: its SlowOnly and SlowFast R-50
// AVA models at width 16 (testdata/pyslowfast/README.md), stage by stage, with gradients
// and running statistics.
#include <ATen/ATen.h>
#include <google/protobuf/text_format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "mrsn/backbone_from_config.h"
#include "mrsn/build_model.h"
#include "mrsn/checkpoint/load_checkpoint.h"
#include "mrsn/model_config.pb.h"
#include "mrsn/testing/compare.h"
#include "mrsn/testing/eager_detector.h"
#include "ops/testing/golden.h"

namespace mrsn {
namespace {

// Float32 rounding is up to 3e-6 of the largest value at these stages
// (meta.max_abs_diff_f32_vs_f64 in the bundles).
constexpr double kForward = 2e-5;
// Where rounding turns a ReLU off or another cell into a maximum, single elements of a
// gradient move by thousandths; so its norm is compared here, and every element in
// double precision (GradientsAreTheEagerOnesInDouble).
constexpr double kGradient = 2e-3;

double RelativeNorm(const at::Tensor& actual, const at::Tensor& expected) {
  EXPECT_EQ(actual.sizes(), expected.sizes());
  return ((actual - expected).norm() / expected.norm()).item<double>();
}

struct Case {
  const char* name;
  const char* bundle;
  const char* config;
  std::vector<std::pair<const char*, const char*>> taps;       // ours, PySlowFast's
  std::vector<std::pair<const char*, const char*>> gradients;  // parameters, likewise
  std::vector<std::pair<const char*, const char*>> statistics;
};

Case SlowOnlyCase() {
  return {"SlowOnly",
          "mrsn/testdata/pyslowfast/slowonly_r50_w16_8x64x64",
          "num_classes: 80 slow_only { stem_channels: 16 } linear {}",
          {{"slow.stem", "s1.pathway0"},
           {"slow.res2", "s2.pathway0"},
           {"slow.res3", "s3.pathway0"},
           {"slow.res4", "s4.pathway0"},
           {"slow.res5", "s5.pathway0"},
           {"A", "roi_pathway0"},
           {"G", "roi_feature"}},
          {{"backbone.resnet.stem.weight", "s1.pathway0_stem.conv.weight"},
           {"head.classifier.weight", "head.projection.weight"},
           {"backbone.resnet.res5_0.norm_c.weight", "s5.pathway0_res0.branch2.c_bn.weight"},
           {"backbone.resnet.res4_1.norm_a.bias", "s4.pathway0_res1.branch2.a_bn.bias"},
           {"backbone.resnet.res2_0.conv_b.weight", "s2.pathway0_res0.branch2.b.weight"}},
          {{"backbone.resnet.stem_norm.running_mean", "s1.pathway0_stem.bn.running_mean"},
           {"backbone.resnet.stem_norm.running_var", "s1.pathway0_stem.bn.running_var"},
           {"backbone.resnet.res5_2.norm_c.running_mean", "s5.pathway0_res2.branch2.c_bn.running_mean"},
           {"backbone.resnet.res5_2.norm_c.running_var", "s5.pathway0_res2.branch2.c_bn.running_var"}}};
}

Case SlowFastCase() {
  return {"SlowFast",
          "mrsn/testdata/pyslowfast/slowfast_r50_w16_8_32x64x64",
          "num_classes: 80 slow_fast { slow { stem_channels: 16 } } linear {}",
          {{"slow.stem", "s1.pathway0"},
           {"fast.stem", "s1.pathway1"},
           {"slow.stem_fused", "s1_fuse.pathway0"},
           {"slow.res2", "s2.pathway0"},
           {"fast.res2", "s2.pathway1"},
           {"slow.res2_fused", "s2_fuse.pathway0"},
           {"slow.res3", "s3.pathway0"},
           {"fast.res3", "s3.pathway1"},
           {"slow.res3_fused", "s3_fuse.pathway0"},
           {"slow.res4", "s4.pathway0"},
           {"fast.res4", "s4.pathway1"},
           {"slow.res4_fused", "s4_fuse.pathway0"},
           {"slow.res5", "s5.pathway0"},
           {"fast.res5", "s5.pathway1"},
           {"G", "roi_feature"}},
          {{"backbone.slow.stem.weight", "s1.pathway0_stem.conv.weight"},
           {"backbone.fast.stem.weight", "s1.pathway1_stem.conv.weight"},
           {"head.classifier.weight", "head.projection.weight"},
           {"backbone.slow.res5_0.norm_c.weight", "s5.pathway0_res0.branch2.c_bn.weight"},
           {"backbone.slow.res4_1.norm_a.bias", "s4.pathway0_res1.branch2.a_bn.bias"},
           {"backbone.slow.res2_0.conv_b.weight", "s2.pathway0_res0.branch2.b.weight"},
           {"backbone.fast.res3_0.conv_a.weight", "s3.pathway1_res0.branch2.a.weight"},
           {"backbone.lateral_res2.conv.weight", "s2_fuse.conv_f2s.weight"},
           {"backbone.lateral_res4.norm.weight", "s4_fuse.bn.weight"}},
          {{"backbone.slow.stem_norm.running_mean", "s1.pathway0_stem.bn.running_mean"},
           {"backbone.slow.stem_norm.running_var", "s1.pathway0_stem.bn.running_var"},
           {"backbone.slow.res5_2.norm_c.running_mean", "s5.pathway0_res2.branch2.c_bn.running_mean"},
           {"backbone.slow.res5_2.norm_c.running_var", "s5.pathway0_res2.branch2.c_bn.running_var"}}};
}

class PySlowFastTest : public ::testing::TestWithParam<Case (*)()> {
 protected:
  void SetUp() override {
    case_ = GetParam()();
    golden_ = ops::ReadGoldenBundle(case_.bundle);
    ModelConfig config;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(case_.config, &config));
    auto built = BuildModel(config, torch::kCPU);
    ASSERT_TRUE(built.ok()) << built.status();
    model_ = *built;
    const auto report = LoadCheckpoint(std::string(case_.bundle) + ".pyth", "auto", *model_, {});
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->format, "pyslowfast");
    const at::Tensor boxes = golden_["boxes"];  // [N,5]: clip, then pixels of 64 x 64
    input_.slow = golden_["input_pathway0"].clone();
    if (golden_.contains("input_pathway1")) input_.fast = golden_["input_pathway1"].clone();
    input_.boxes = boxes.slice(1, 1) / 64;
    input_.clip_index = boxes.select(1, 0).to(at::kLong);
  }

  void ExpectTaps() {
    Taps taps;
    const DetectorOutput output = model_->Forward(input_, &taps);
    for (const auto& [ours, theirs] : case_.taps) {
      bool found = false;
      for (const auto& [name, tensor] : taps) {
        if (name != ours) continue;
        found = true;
        at::Tensor value = tensor;
        // Ours aligns both pathways' channels at once.
        if (name == std::string("A")) value = tensor.slice(1, 0, golden_[theirs].size(1));
        EXPECT_TRUE(Close(value, golden_[theirs], kForward)) << ours;
      }
      EXPECT_TRUE(found) << "no tap " << ours;
    }
    EXPECT_TRUE(Close(output.logits, golden_["logits"], kForward));
    EXPECT_TRUE(Close(output.logits, golden_["logits_f64"], kForward));
    EXPECT_TRUE(Close(output.logits.sigmoid(), golden_["probs"], kForward));
  }

  // The loss and every gradient of the bundle, for the mode `prefix` names.
  void ExpectGradients(const std::string& prefix) {
    input_.slow.set_requires_grad(true);
    if (input_.fast.defined()) input_.fast.set_requires_grad(true);
    const DetectorOutput output = model_->Forward(input_);
    const at::Tensor loss = at::binary_cross_entropy_with_logits(output.logits, golden_["targets"]);
    EXPECT_TRUE(Close(output.logits, golden_[prefix + "/logits"], kForward));
    EXPECT_TRUE(Close(loss, golden_[prefix + "/loss"], kForward));
    loss.backward();
    const std::string grad = prefix + "/grad/";
    EXPECT_LT(RelativeNorm(input_.slow.grad(), golden_[grad + "input_pathway0"]), kGradient);
    if (input_.fast.defined()) {
      EXPECT_LT(RelativeNorm(input_.fast.grad(), golden_[grad + "input_pathway1"]), kGradient);
    }
    const auto parameters = model_->named_parameters();
    for (const auto& [ours, theirs] : case_.gradients) {
      EXPECT_LT(RelativeNorm(parameters[ours].grad(), golden_[grad + theirs]), kGradient) << ours;
    }
  }

  Case case_;
  ops::GoldenBundle golden_;
  std::shared_ptr<ActionDetector> model_;
  DetectorInput input_;
};

TEST_P(PySlowFastTest, InferenceGivesItsNumbersAtEveryStage) {
  const at::NoGradGuard no_grad;
  model_->eval();
  ExpectTaps();
  ExpectTaps();  // from the weights kept by the first pass
}

TEST_P(PySlowFastTest, EvaluationModeWithGradients) {
  model_->eval();
  ExpectTaps();
  ExpectGradients("eval_bn");
}

TEST_P(PySlowFastTest, BatchStatisticsWithGradients) {
  model_->eval();
  model_->backbone().train();
  ExpectGradients("train_bn");
  const auto buffers = model_->named_buffers();
  for (const auto& [ours, theirs] : case_.statistics) {
    EXPECT_TRUE(Close(buffers[ours], golden_[std::string("train_bn/after/") + theirs], kForward)) << ours;
  }
}

TEST_P(PySlowFastTest, GradientsAreTheEagerOnesInDouble) {
  ModelConfig config;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(case_.config, &config));
  model_->to(at::kDouble);
  for (at::Tensor* tensor : {&input_.slow, &input_.fast, &input_.boxes}) {
    if (tensor->defined()) *tensor = tensor->to(at::kDouble);
  }
  const at::Tensor targets = golden_["targets"].to(at::kDouble);
  for (const bool batch_statistics : {false, true}) {
    EagerDetector eager(*ReadBackbone(config), RoiFeatureOptions(), *model_, at::MemoryFormat::Contiguous);
    at::binary_cross_entropy_with_logits(eager.Forward(input_, {batch_statistics, false}), targets)
        .backward();
    model_->eval();
    model_->backbone().train(batch_statistics);
    model_->zero_grad();
    at::binary_cross_entropy_with_logits(model_->Forward(input_).logits, targets).backward();
    for (const auto& parameter : model_->named_parameters()) {
      EXPECT_TRUE(Close(parameter.value().grad(), eager[parameter.key()].grad(), 1e-9)) << parameter.key();
    }
    for (const auto& buffer : model_->named_buffers()) {
      // at::batch_norm does not count batches.
      if (buffer.key().find("num_batches_tracked") != std::string::npos) continue;
      EXPECT_TRUE(Close(buffer.value(), eager[buffer.key()], 1e-12)) << buffer.key();
    }
  }
}

// What inference keeps of the weights is made anew when they change.
TEST_P(PySlowFastTest, InferenceFollowsTheWeights) {
  const at::NoGradGuard no_grad;
  model_->eval();
  const at::Tensor before = model_->Forward(input_).logits;
  for (at::Tensor& parameter : model_->backbone().parameters()) parameter.mul_(1.01);
  for (const auto& buffer : model_->backbone().named_buffers()) {
    if (buffer.value().is_floating_point()) buffer.value().mul_(1.02);
  }
  const at::Tensor after = model_->Forward(input_).logits;
  EXPECT_FALSE(Close(after, before, 1e-3));
  // As torch::optim does it, past autograd's count of versions.
  for (at::Tensor& parameter : model_->backbone().parameters()) parameter.data().mul_(0.99);
  const at::Tensor later = model_->Forward(input_).logits;
  EXPECT_FALSE(Close(later, after, 1e-3));
  for (at::Tensor& parameter : model_->backbone().parameters()) parameter.data().div_(0.99);
  at::AutoGradMode grad(true);  // the path that keeps nothing
  EXPECT_TRUE(Close(after, model_->Forward(input_).logits, kForward));
}

// bfloat16 has 8 bits of precision: about 1 % after 16 blocks, and never float32's numbers.
TEST_P(PySlowFastTest, Bfloat16IsCloseAndNotTheSame) {
  ModelConfig config;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(case_.config, &config));
  config.set_precision(ModelConfig::BFLOAT16);
  auto built = BuildModel(config, torch::kCPU);
  ASSERT_TRUE(built.ok()) << built.status();
  ASSERT_TRUE(LoadCheckpoint(std::string(case_.bundle) + ".pyth", "auto", **built, {}).ok());
  (*built)->eval();
  const DetectorOutput with_gradients = (*built)->Forward(input_);
  const at::NoGradGuard no_grad;
  const DetectorOutput output = (*built)->Forward(input_);
  EXPECT_EQ(output.logits.scalar_type(), at::kFloat);
  EXPECT_TRUE(Close(output.logits, golden_["logits"], 0.1));
  EXPECT_TRUE(Close(with_gradients.logits, golden_["logits"], 0.1));
  EXPECT_FALSE(Close(output.logits, golden_["logits"], 1e-5));
}

INSTANTIATE_TEST_SUITE_P(Models, PySlowFastTest, ::testing::Values(&SlowOnlyCase, &SlowFastCase),
                         [](const auto& info) { return std::string(info.param().name); });

}  // namespace
}  // namespace mrsn
