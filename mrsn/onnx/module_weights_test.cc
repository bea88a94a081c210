#include "mrsn/onnx/module_weights.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

namespace mrsn::onnx {
namespace {

using ::testing::ElementsAre;

TEST(ModuleWeightsTest, HasFloatingParametersAndBuffers) {
  torch::nn::BatchNorm3d norm(2);
  {
    const at::NoGradGuard no_grad;
    norm->running_mean.copy_(at::tensor({3.f, 4.f}));
  }
  const ModuleWeights kept(*norm);
  Weights weights = kept.weights();
  EXPECT_THAT(weights.Get("running_mean", 1).values, ElementsAre(3, 4));
  EXPECT_THAT(weights.Get("weight", 1).values, ElementsAre(1, 1));
  EXPECT_FALSE(weights.Has("num_batches_tracked"));
}

// Values come row-major in float32, whatever the tensor's type and strides.
TEST(ModuleWeightsTest, CopiesOtherLayoutsAndTypes) {
  torch::nn::Conv2d conv(torch::nn::Conv2dOptions(2, 1, 2).bias(false));
  {
    const at::NoGradGuard no_grad;
    conv->weight.copy_(at::arange(8).view({1, 2, 2, 2}));
  }
  conv->to(at::kDouble);
  conv->weight.set_data(conv->weight.detach().contiguous(at::MemoryFormat::ChannelsLast));
  const ModuleWeights kept(*conv);
  Weights weights = kept.weights();
  EXPECT_THAT(weights.Get("weight", 4).shape, ElementsAre(1, 2, 2, 2));
  EXPECT_THAT(weights.Get("weight", 4).values, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

}  // namespace
}  // namespace mrsn::onnx
