// Every expected number is worked out in the comment beside it.
#include "eval/complexity/complexity.h"

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "ATen/ATen.h"
#include "c10/core/GradMode.h"
#include "c10/core/InferenceMode.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::eval {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Pair;

// Counts must not depend on where the operation runs, nor on whether gradients are recorded.
class ComplexityTest : public ::testing::TestWithParam<at::DeviceType> {
 protected:
  at::Tensor Ones(at::IntArrayRef shape, bool requires_grad = false) const {
    return at::ones(shape, at::TensorOptions(GetParam())).requires_grad_(requires_grad);
  }
};
INSTANTIATE_TEST_SUITE_P(Devices, ComplexityTest, ::testing::Values(at::kCPU, at::kMeta),
                         [](const auto& info) { return info.param == at::kCPU ? "Cpu" : "Meta"; });

void ExpectOne(const MacReport& report, const std::string& op, int64_t macs) {
  EXPECT_EQ(report.total, macs);
  ASSERT_EQ(report.by_op.size(), 1);
  EXPECT_EQ(report.by_op[0].op, op);
  EXPECT_EQ(report.by_op[0].calls, 1);
  EXPECT_EQ(report.by_op[0].macs, macs);
  EXPECT_THAT(report.uncounted, Each("aten::ones"));  // made on the way by these tests
}

TEST_P(ComplexityTest, Convolution3dWithStrideDilationAndGroups) {
  const at::Tensor input = Ones({2, 6, 5, 11, 12}), weight = Ones({8, 3, 3, 3, 2}), bias = Ones({8});
  // time (5 + 2*1 - 3)/1 + 1 = 5; height (11 + 2*2 - (2*2 + 1))/2 + 1 = 6; width (12 - 2)/3 + 1 = 4
  // outputs 2*8*5*6*4 = 1920; each sums 6/2 channels * 3*3*2 = 54 products
  ExpectOne(CountMacs([&] {
              at::conv3d(input, weight, bias, /*stride=*/{1, 2, 3}, /*padding=*/{1, 2, 0},
                         /*dilation=*/{1, 2, 1}, /*groups=*/2);
            }),
            "aten::convolution", 1920 * 54);
}

TEST_P(ComplexityTest, StemOfAResNet) {
  // SlowOnly's stem on 8 frames of 224x224: 64 filters 1x7x7 over 3 channels, stride 1x2x2:
  // 8*112*112*64 outputs * 147 products = 944,111,616
  const at::Tensor input = Ones({1, 3, 8, 224, 224}), weight = Ones({64, 3, 1, 7, 7}, true);
  ExpectOne(CountMacs([&] {
              at::conv3d(input, weight, {}, {1, 2, 2}, {0, 3, 3});
            }),
            "aten::convolution", 944111616);
}

TEST_P(ComplexityTest, ConvolutionsOfOtherKinds) {
  const at::Tensor image = Ones({1, 4, 8, 8});
  // depthwise: 4*8*8 outputs * 1*3*3
  ExpectOne(CountMacs([&] {
              at::conv2d(image, Ones({4, 1, 3, 3}), {}, 1, 1, 1, 4);
            }),
            "aten::convolution", 256 * 9);
  // transposed: every one of 4*8*8 inputs goes to 5 channels * 2*2 places
  ExpectOne(CountMacs([&] {
              at::conv_transpose2d(image, Ones({4, 5, 2, 2}), {}, 2);
            }),
            "aten::convolution", 256 * 20);
  // 1-D: (9 - 4)/1 + 1 = 6 positions * 3 filters, 2*4 products
  ExpectOne(CountMacs([&] { at::conv1d(Ones({1, 2, 9}), Ones({3, 2, 4})); }), "aten::convolution", 18 * 8);
  // "same" padding, found by LibTorch: 8*8 positions * 2 filters * 4*3*3
  EXPECT_EQ(CountMacs([&] { at::conv2d(image, Ones({2, 4, 3, 3}), {}, 1, "same"); }).total, 64 * 2 * 36);
}

TEST_P(ComplexityTest, LinearIsCountedOnce) {
  for (const bool requires_grad : {false, true}) {
    const at::Tensor weight = Ones({7, 5}, requires_grad), bias = Ones({7}, requires_grad);
    for (const std::vector<int64_t>& shape : {std::vector<int64_t>{3, 5}, std::vector<int64_t>{2, 3, 5}}) {
      const at::Tensor input = Ones(shape, requires_grad);
      const int64_t rows = input.numel() / 5;  // 3 or 6 rows * 5 inputs * 7 outputs
      ExpectOne(CountMacs([&] { at::linear(input, weight, bias); }), "aten::linear", rows * 35);
      ExpectOne(CountMacs([&] { at::linear(input, weight); }), "aten::linear", rows * 35);
    }
  }
}

TEST_P(ComplexityTest, MatrixProducts) {
  const at::Tensor a = Ones({3, 4}), b = Ones({4, 5}), v = Ones({4});
  const at::Tensor batch_a = Ones({2, 3, 4}), batch_b = Ones({2, 4, 5});
  ExpectOne(CountMacs([&] { at::mm(a, b); }), "aten::mm", 60);                   // 3*4*5
  ExpectOne(CountMacs([&] { at::addmm(Ones({5}), a, b); }), "aten::addmm", 60);  // 3*4*5
  ExpectOne(CountMacs([&] { at::bmm(batch_a, batch_b); }), "aten::bmm", 120);    // 2 * 3*4*5
  ExpectOne(CountMacs([&] { at::baddbmm(Ones({2, 3, 5}), batch_a, batch_b); }), "aten::baddbmm", 120);
  ExpectOne(CountMacs([&] { at::mv(a, v); }), "aten::mv", 12);  // 3*4
  ExpectOne(CountMacs([&] { at::addmv(Ones({3}), a, v); }), "aten::addmv", 12);
}

TEST(ComplexityCpuTest, ProductsTheMetaDeviceLacks) {
  const at::Tensor a = at::ones({2, 3, 4}), b = at::ones({2, 4, 5}), sum = at::ones({3, 5}),
                   v = at::ones({4});
  ExpectOne(CountMacs([&] { at::addbmm(sum, a, b); }), "aten::addbmm", 120);
  ExpectOne(CountMacs([&] { at::dot(v, v); }), "aten::dot", 4);
  ExpectOne(CountMacs([&] { at::matmul(v, v); }), "aten::dot", 4);
}

TEST_P(ComplexityTest, ProductsInDisguise) {
  const auto total = [](const std::function<void()>& run) { return CountMacs(run).total; };
  EXPECT_EQ(total([&] { at::matmul(Ones({2, 6, 3, 4}), Ones({4, 5})); }), 2 * 6 * 3 * 4 * 5);
  EXPECT_EQ(total([&] { at::matmul(Ones({2, 6, 3, 4}), Ones({6, 4, 5})); }), 2 * 6 * 3 * 4 * 5);
  EXPECT_EQ(total([&] { at::einsum("bij,bkj->bik", {Ones({2, 3, 4}), Ones({2, 5, 4})}); }), 2 * 3 * 4 * 5);
}

TEST_P(ComplexityTest, Attention) {
  const at::Tensor query = Ones({2, 4, 10, 16}), key = Ones({2, 4, 7, 16}), value = Ones({2, 4, 7, 16});
  // 2*4 heads: 10*7*16 for the scores and 10*7*16 for the mean of the values
  const int64_t macs = 8 * 10 * 7 * (16 + 16);
  for (const bool requires_grad : {false, true}) {
    query.requires_grad_(requires_grad);
    ExpectOne(CountMacs([&] { at::scaled_dot_product_attention(query, key, value); }),
              "aten::scaled_dot_product_attention", macs);
  }
  // The same by hand, and with another width of the values: 8 * 10*7 * (16 + 3)
  EXPECT_EQ(CountMacs([&] { query.matmul(key.transpose(-1, -2)).softmax(-1).matmul(value); }).total, macs);
  EXPECT_EQ(CountMacs([&] {
              at::scaled_dot_product_attention(query, key, Ones({2, 4, 7, 3}));
            }).total,
            8 * 10 * 7 * 19);
}

TEST_P(ComplexityTest, NamesWhatIsNotCounted) {
  const MacReport report = CountMacs([&] {
    const at::Tensor x = Ones({2, 3, 4});
    at::layer_norm(x.transpose(0, 1).reshape({3, 8}), {8}).relu().view({24});
    at::matmul(x, Ones({4, 4}));
  });
  // Views, and the parts of layer_norm and matmul, are no operations of their own.
  EXPECT_THAT(report.uncounted, ElementsAre("aten::layer_norm", "aten::ones", "aten::relu"));
  EXPECT_EQ(report.total, 6 * 4 * 4);
}

std::vector<std::pair<std::string, int64_t>> Modules(const MacReport& report) {
  std::vector<std::pair<std::string, int64_t>> modules;
  for (const ModuleCount& count : report.by_module) modules.emplace_back(count.module, count.macs);
  return modules;
}

TEST_P(ComplexityTest, MultiplyAddsBelongToTheModuleWhoseWeightsAreUsed) {
  const at::Tensor x = Ones({3, 4}), query = Ones({4, 4}), key = Ones({4, 4}), packed = Ones({12, 4}, true);
  const at::Tensor stem = Ones({2, 1, 2}), signal = Ones({1, 1, 5});
  const MacReport report = CountMacs(
      [&] {
        const at::Tensor q = at::linear(x, query), k = at::linear(x, key);  // 3*4*4 each
        const at::Tensor scores = q.mm(k.t());                              // 3*3*4, of q's and k's parent
        // What is made of them, new memory or old, keeps their parent: 6*3*4.
        at::cat({scores.softmax(-1), scores.relu_()}).mm(k);
        at::linear(x, packed.slice(0, 0, 4));  // 3*4*4
        at::linear(x, packed.slice(0, 4));     // 3*4*8
        at::conv1d(signal, stem);              // 4 positions * 2 filters * 2
        x.mm(x.t());                           // 3*3*4, of no module's making
      },
      {{"head.attention.q", query}, {"head.attention.k", key}, {"head.attention2", packed}, {"stem", stem}});
  EXPECT_THAT(Modules(report),
              ElementsAre(Pair("", 36), Pair("head.attention", 36 + 72), Pair("head.attention.k", 48),
                          Pair("head.attention.q", 48), Pair("head.attention2", 144), Pair("stem", 16)));
  EXPECT_EQ(report.InModule("head.attention"), 204);
  EXPECT_EQ(report.InModule("head"), 348);
  EXPECT_EQ(report.InModule("hea"), 0);
  EXPECT_EQ(report.InModule(""), report.total);
}

TEST_P(ComplexityTest, FactorsOfTwoModulesBelongToTheOneAroundBoth) {
  const at::Tensor x = Ones({2, 2}), a = Ones({2, 2}), b = Ones({2, 2});
  const auto owner_of_product = [&](const std::string& left, const std::string& right) {
    const MacReport report =
        CountMacs([&] { at::linear(x, a).mm(at::linear(x, b)); }, {{left, a}, {right, b}});
    for (const ModuleCount& count : report.by_module) {
      if (count.module != left && count.module != right) return count.module;
    }
    return std::string(report.InModule(left) > report.InModule(right) ? left : right);
  };
  EXPECT_EQ(owner_of_product("net.layer1.q", "net.layer1.k"), "net.layer1");
  EXPECT_EQ(owner_of_product("net.layer1", "net.layer10"), "net");
  EXPECT_EQ(owner_of_product("net", "net.layer1"), "net");
  EXPECT_EQ(owner_of_product("net", "other"), "");
}

// As a batch norm is folded into the convolution before it.
TEST_P(ComplexityTest, AWeightMadeOfWeightsBelongsToTheOwnerOfTheLargest) {
  const at::Tensor signal = Ones({1, 1, 5}), first = Ones({3, 1, 2}), second = Ones({2, 3, 2});
  const at::Tensor scale = Ones({2}), variance = Ones({2});
  const MacReport report = CountMacs(
      [&] {
        const at::Tensor x = at::conv1d(signal, first);  // 4 positions * 3 filters * 2
        const at::Tensor folded = scale * (variance + 1e-5).rsqrt();
        at::conv1d(x, second * folded.reshape({2, 1, 1}), scale - folded);  // 3 * 2 * 6
      },
      {{"net.block0.conv", first},
       {"net.block1.conv", second},
       {"net.block1.norm", scale},
       {"net.block1.norm", variance}});
  EXPECT_THAT(Modules(report), ElementsAre(Pair("net.block0.conv", 24), Pair("net.block1.conv", 36)));
}

TEST_P(ComplexityTest, BytesOfActivations) {
  const at::Tensor x = Ones({10, 10});  // 400 bytes
  at::Tensor result;
  const MemoryCount memory = CountMacs([&] {
                               at::Tensor a = at::relu(x);
                               const at::Tensor b = a + a;  // a and b: 800
                               a.reset();
                               result = (b + b).relu_().view({5, 20}).t();  // b and the result: 800
                             }).memory;
  EXPECT_EQ(memory.made, 1200);
  EXPECT_EQ(memory.peak, 800);
  EXPECT_EQ(memory.kept, 400);
}

TEST_P(ComplexityTest, BytesKeptForTheBackwardPass) {
  const at::Tensor x = Ones({2, 3}), first = Ones({4, 3}, true), second = Ones({5, 4}, true);
  at::Tensor result;
  const auto run = [&] { result = at::linear(at::linear(x, first).relu(), second); };
  // 2*4 values, the same after ReLU, 2*5 results.
  const MemoryCount training = CountMacs(run).memory;
  EXPECT_EQ(training.made, 32 + 32 + 40);
  EXPECT_EQ(training.kept, 32 + 40);  // ReLU's result serves ReLU and the second layer
  const c10::InferenceMode inference;
  EXPECT_EQ(CountMacs(run).memory.kept, 40);
}

TEST_P(ComplexityTest, LargestOperatorFirst) {
  const MacReport report = CountMacs([&] {
    at::mm(Ones({3, 4}), Ones({4, 5}));
    at::mm(Ones({3, 4}), Ones({4, 5}));
    at::linear(Ones({10, 10}), Ones({10, 10}));
  });
  ASSERT_EQ(report.by_op.size(), 2);
  EXPECT_EQ(report.by_op[0].op, "aten::linear");
  EXPECT_EQ(report.by_op[0].macs, 1000);
  EXPECT_EQ(report.by_op[1].calls, 2);
  EXPECT_EQ(report.by_op[1].macs, 120);
}

TEST(ComplexityWatchTest, EndsWithAnExceptionAndCannotBeNested) {
  const at::Tensor a = at::ones({3, 4}), b = at::ones({4, 5});
  EXPECT_THROW(CountMacs([&] {
                 at::mm(a, b);
                 throw std::runtime_error("stop");
               }),
               std::runtime_error);
  at::mm(a, b);  // nobody counts this
  EXPECT_EQ(CountMacs([&] { at::mm(a, b); }).total, 60);
  EXPECT_THROW(CountMacs([] { CountMacs([] {}); }), c10::Error);
  EXPECT_EQ(CountMacs([] {}).total, 0);
}

TEST(CountParametersTest, SharedTensorsCountOnce) {
  const at::Tensor weight = at::ones({3, 4}), bias = at::empty({5}, at::TensorOptions(at::kMeta));
  EXPECT_EQ(CountParameters({weight, bias, weight, at::Tensor()}), 17);
  EXPECT_EQ(CountParameters({}), 0);
}

}  // namespace
}  // namespace mrsn::eval
