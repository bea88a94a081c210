#include <vector>

#include "ATen/ATen.h"
#include "gtest/gtest.h"

namespace mrsn::ops {
namespace {

struct Case {
  std::vector<int64_t> input, weight, stride, padding, dilation;
  bool transposed = false;
  std::vector<int64_t> output_padding;
  int64_t groups = 1;
};

at::Tensor Convolve(const Case& c, at::DeviceType device, at::MemoryFormat format) {
  const at::TensorOptions options(device);
  at::Tensor input = at::empty(c.input, options);
  if (c.input.size() == 4) input = input.contiguous(format);
  return at::convolution(input, at::empty(c.weight, options), {}, c.stride, c.padding, c.dilation,
                         c.transposed, c.output_padding, c.groups);
}

// The CPU's kernels are the reference for shapes and layouts.
TEST(MetaKernelsTest, ConvolutionEqualsTheCpus) {
  const Case cases[] = {
      {{2, 6, 9}, {4, 6, 3}, {2}, {1}, {1}, false, {0}},
      {{2, 6, 9, 8}, {4, 3, 3, 2}, {2, 1}, {1, 0}, {1, 2}, false, {0, 0}, 2},
      {{2, 6, 5, 9, 8}, {4, 3, 3, 3, 2}, {1, 2, 3}, {1, 2, 0}, {1, 2, 1}, false, {0, 0, 0}, 2},
      {{2, 6, 9, 8}, {6, 2, 3, 2}, {2, 3}, {1, 0}, {1, 2}, true, {1, 2}, 3},
  };
  for (const at::MemoryFormat format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
    for (const Case& c : cases) {
      const at::Tensor meta = Convolve(c, at::kMeta, format), cpu = Convolve(c, at::kCPU, format);
      EXPECT_EQ(meta.sizes(), cpu.sizes());
      EXPECT_EQ(meta.strides(), cpu.strides());
    }
  }
}

TEST(MetaKernelsTest, ConvolutionByTheUsualEntryPoints) {
  const at::TensorOptions meta(at::kMeta);
  EXPECT_EQ(at::conv3d(at::empty({3, 4, 8, 8}, meta), at::empty({5, 3, 1, 3, 3}, meta)).sizes(),
            at::IntArrayRef({5, 4, 6, 6}));
  const at::Tensor weight = at::empty({5, 3, 3, 3}, meta).requires_grad_();
  EXPECT_EQ(at::conv2d(at::empty({2, 3, 8, 8}, meta), weight, at::empty({5}, meta), 2, 1).sizes(),
            at::IntArrayRef({2, 5, 4, 4}));
}

TEST(MetaKernelsTest, ConvolutionRefusesWhatTheCpuRefuses) {
  const at::TensorOptions meta(at::kMeta);
  EXPECT_THROW(at::conv2d(at::empty({2, 4, 8, 8}, meta), at::empty({5, 3, 3, 3}, meta)), c10::Error);
  EXPECT_THROW(at::conv2d(at::empty({2, 3, 2, 8}, meta), at::empty({5, 3, 3, 3}, meta)), c10::Error);
}

// Runs `function` on tensors of both devices; type, shape and strides must agree.
template <typename Function>
void ExpectAlike(const std::vector<at::Tensor>& inputs, const Function& function) {
  std::vector<at::Tensor> meta;
  for (const at::Tensor& input : inputs) meta.push_back(input.to(at::kMeta));
  const at::Tensor expected = function(inputs), actual = function(meta);
  EXPECT_TRUE(actual.is_meta());
  EXPECT_EQ(actual.scalar_type(), expected.scalar_type());
  EXPECT_EQ(actual.sizes(), expected.sizes());
  EXPECT_EQ(actual.strides(), expected.strides());
}

TEST(MetaKernelsTest, OthersEqualTheCpus) {
  using Tensors = std::vector<at::Tensor>;
  const at::Tensor c = at::rand({4});
  for (const at::MemoryFormat format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast3d}) {
    const at::Tensor video = at::rand({2, 4, 5, 9, 8}).contiguous(format);
    ExpectAlike({video}, [](const Tensors& t) { return at::relu(t[0]); });
    for (const bool training : {false, true}) {
      ExpectAlike({video, c, c, c, c}, [&](const Tensors& t) {
        return at::batch_norm(t[0], t[1], t[2], t[3], t[4], training, 0.1, 1e-5, false);
      });
    }
    ExpectAlike({video}, [](const Tensors& t) {
      return at::max_pool3d(t[0], {1, 3, 3}, {1, 2, 2}, {0, 1, 1});
    });
    ExpectAlike({video}, [](const Tensors& t) { return at::max_pool3d(t[0], 2, {}, 0, 1, true); });
    ExpectAlike({video}, [](const Tensors& t) { return at::adaptive_avg_pool3d(t[0], {1, 4, 3}); });
  }
  const at::Tensor image = at::rand({2, 4, 9, 8}), rows = at::rand({3, 6, 8}), v = at::rand({8});
  ExpectAlike({image}, [](const Tensors& t) { return at::adaptive_avg_pool2d(t[0], {4, 3}); });
  ExpectAlike({rows, v}, [](const Tensors& t) { return at::layer_norm(t[0], {8}, t[1], t[1]); });
  ExpectAlike({rows, v}, [](const Tensors& t) { return at::where(t[0] > 0.5, t[0], t[1]); });
  ExpectAlike({rows, at::tensor({2, 0, 2, 1, 1}, at::kLong)},
              [](const Tensors& t) { return t[0].index_select(-2, t[1]); });
  ExpectAlike({image, image, image},
              [](const Tensors& t) { return at::scaled_dot_product_attention(t[0], t[1], t[2]); });
}

}  // namespace
}  // namespace mrsn::ops
