#include "mrsn/backbone/inception3d.h"

#include <ATen/ATen.h>

#include <map>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "mrsn/testing/compare.h"

namespace mrsn {
namespace {

using Step = InceptionStep;

// Szegedy et al. 2015, Table 1: input, #1x1, #3x3 reduce, #3x3, second "reduce" and
// kernel (5 x 5 there, 3 x 3 x 3 in the public code of I3D), pool proj.
struct Row {
  const char* name;
  int64_t in, b0, b1a, b1b, b2a, b2b, b3b;
};
constexpr Row kTable[] = {
    {"mixed_3b", 192, 64, 96, 128, 16, 32, 32},     {"mixed_3c", 256, 128, 128, 192, 32, 96, 64},
    {"mixed_4b", 480, 192, 96, 208, 16, 48, 64},    {"mixed_4c", 512, 160, 112, 224, 24, 64, 64},
    {"mixed_4d", 512, 128, 128, 256, 24, 64, 64},   {"mixed_4e", 512, 112, 144, 288, 32, 64, 64},
    {"mixed_4f", 528, 256, 160, 320, 32, 128, 128}, {"mixed_5b", 832, 256, 160, 320, 32, 128, 128},
    {"mixed_5c", 832, 384, 192, 384, 48, 128, 128},
};

// ---- the network once more, from tensors by name and operations without padding of their own

class PlainInception {
 public:
  PlainInception(const Inception3d& net, bool batch_statistics)
      : options_(net.options()), batch_statistics_(batch_statistics) {
    for (const auto& item : net.named_parameters())
      tensors_[item.key()] = item.value().detach().to(at::kDouble);
    for (const auto& item : net.named_buffers()) {
      if (item.value().is_floating_point()) tensors_[item.key()] = item.value().to(at::kDouble);
    }
  }

  // After each step from conv3d_1a to mixed_5c.
  std::map<std::string, at::Tensor> Forward(at::Tensor x) const {
    std::map<std::string, at::Tensor> steps;
    steps["conv3d_1a_7x7"] = x = Unit("conv3d_1a_7x7", x, 7, 2);
    steps["maxpool3d_2a_3x3"] = x = Pool(x, {1, 3, 3}, {1, 2, 2});
    steps["conv3d_2b_1x1"] = x = Unit("conv3d_2b_1x1", x, 1, 1);
    steps["conv3d_2c_3x3"] = x = Gate("conv3d_2c_3x3", Unit("conv3d_2c_3x3", x, 3, 1));
    steps["maxpool3d_3a_3x3"] = x = Pool(x, {1, 3, 3}, {1, 2, 2});
    for (const Row& row : kTable) {
      const std::string name = row.name;
      if (name == "mixed_4b") steps["maxpool3d_4a_3x3"] = x = Pool(x, {3, 3, 3}, {2, 2, 2});
      if (name == "mixed_5b") {
        const int64_t s = options_.last_stride;
        steps["maxpool3d_5a_2x2"] = x = Pool(x, {2, s, s}, {2, s, s});
      }
      const at::Tensor b1 = Unit(name + ".b1b", Unit(name + ".b1a", x, 1, 1), 3, 1);
      const at::Tensor b2 = Unit(name + ".b2b", Unit(name + ".b2a", x, 1, 1), 3, 1);
      const at::Tensor b3 = Unit(name + ".b3b", Pool(x, {3, 3, 3}, {1, 1, 1}), 1, 1);
      x = at::cat({Gate(name + ".b0", Unit(name + ".b0", x, 1, 1)), Gate(name + ".b1b", b1),
                   Gate(name + ".b2b", b2), Gate(name + ".b3b", b3)},
                  1);
      steps[name] = x;
    }
    return steps;
  }

 private:
  // TensorFlow's SAME, as piergiaj/pytorch-i3d computes it from the size's remainder.
  static at::Tensor Pad(const at::Tensor& x, std::vector<int64_t> kernel, std::vector<int64_t> stride) {
    std::vector<int64_t> front(3), sizes = x.sizes().vec();
    for (int d = 0; d < 3; ++d) {
      const int64_t rest = x.size(2 + d) % stride[d];
      const int64_t total = std::max<int64_t>(kernel[d] - (rest == 0 ? stride[d] : rest), 0);
      front[d] = total / 2;
      sizes[2 + d] += total;
    }
    at::Tensor out = at::zeros(sizes, x.options());
    out.slice(2, front[0], front[0] + x.size(2))
        .slice(3, front[1], front[1] + x.size(3))
        .slice(4, front[2], front[2] + x.size(4))
        .copy_(x);
    return out;
  }

  static at::Tensor Pool(const at::Tensor& x, std::vector<int64_t> kernel, std::vector<int64_t> stride) {
    const at::Tensor padded = Pad(x, kernel, stride);
    return padded.unfold(2, kernel[0], stride[0])
        .unfold(3, kernel[1], stride[1])
        .unfold(4, kernel[2], stride[2])
        .amax({5, 6, 7});
  }

  at::Tensor ConvNormRelu(const std::string& conv, const std::string& norm, const at::Tensor& x,
                          int64_t temporal_stride, int64_t stride) const {
    const at::Tensor weight = tensors_.at(conv + ".weight");
    const std::vector<int64_t> strides = {temporal_stride, stride, stride};
    const at::Tensor y =
        at::conv3d(Pad(x, weight.sizes().slice(2).vec(), strides), weight, std::nullopt, strides);
    // Clones, so that running statistics stay what they are.
    return at::batch_norm(y, tensors_.at(norm + ".weight"), tensors_.at(norm + ".bias"),
                          tensors_.at(norm + ".running_mean").clone(),
                          tensors_.at(norm + ".running_var").clone(), batch_statistics_, 0.1, 1e-3, false)
        .relu();
  }

  at::Tensor Unit(const std::string& name, const at::Tensor& x, int64_t kernel, int64_t stride) const {
    const bool separable = options_.separable && kernel > 1;
    const at::IntArrayRef sizes = tensors_.at(name + ".conv3d.weight").sizes();
    EXPECT_EQ(sizes.slice(2), (at::IntArrayRef{separable ? 1 : kernel, kernel, kernel})) << name;
    EXPECT_EQ(tensors_.count(name + ".conv3d_t.weight"), separable ? 1 : 0) << name;
    const at::Tensor y = ConvNormRelu(name + ".conv3d", name + ".bn", x, separable ? 1 : stride, stride);
    return separable ? ConvNormRelu(name + ".conv3d_t", name + ".bn_t", y, stride, 1) : y;
  }

  at::Tensor Gate(const std::string& name, const at::Tensor& x) const {
    EXPECT_EQ(tensors_.count(name + ".gate.weight"), options_.gating ? 1 : 0) << name;
    if (!options_.gating) return x;
    at::Tensor y = x.clone();
    const at::Tensor weight = tensors_.at(name + ".gate.weight"), bias = tensors_.at(name + ".gate.bias");
    for (int64_t b = 0; b < x.size(0); ++b) {
      const at::Tensor mean = x[b].flatten(1).sum(1) / x[b][0].numel();
      y[b].mul_((1 / (1 + (-(at::mv(weight, mean) + bias)).exp())).reshape({-1, 1, 1, 1}));
    }
    return y;
  }

  const Inception3dOptions options_;
  const bool batch_statistics_;
  std::map<std::string, at::Tensor> tensors_;
};

Inception3dOptions Options(bool separable, bool gating, int64_t width_divisor, Step last) {
  Inception3dOptions options;
  options.separable = separable;
  options.gating = gating;
  options.width_divisor = width_divisor;
  options.last = last;
  return options;
}

Inception3dOptions TinyI3d() { return Options(false, false, 8, Step::kMixed5c); }

Inception3dOptions TinyS3dG() {
  Inception3dOptions options = Options(true, true, 8, Step::kMixed5c);
  options.last_stride = 1;
  return options;
}

template <typename Module>
void Scramble(Module& module) {
  module.to(at::kDouble);
  at::NoGradGuard no_grad;
  for (at::Tensor& parameter : module.parameters()) parameter.add_(at::randn_like(parameter) * 0.1);
  for (const auto& buffer : module.named_buffers()) {
    if (buffer.value().is_floating_point()) buffer.value().add_(at::rand_like(buffer.value()));
  }
}

class Inception3dTest : public ::testing::TestWithParam<Inception3dOptions (*)()> {
 protected:
  void SetUp() override {
    torch::manual_seed(11);
    at::set_num_threads(1);  // tensors this small only wait for each other
  }
};

// ---- values

void ExpectSteps(const Taps& taps, const std::map<std::string, at::Tensor>& expected, double tolerance) {
  ASSERT_EQ(taps.size(), expected.size());
  for (const auto& [name, tensor] : taps) {
    EXPECT_TRUE(Close(tensor, expected.at(name.substr(4)), tolerance)) << name;
  }
}

// Sizes that are odd and even before each of the strided steps.
TEST_P(Inception3dTest, EqualsPlainOperations) {
  Inception3d net(GetParam()());
  Scramble(net);
  for (const std::vector<int64_t>& size :
       std::vector<std::vector<int64_t>>{{8, 32, 64}, {7, 33, 45}, {13, 48, 70}, {1, 30, 31}}) {
    SCOPED_TRACE(at::IntArrayRef(size));
    const at::Tensor x = at::randn({2, 3, size[0], size[1], size[2]}, at::kDouble);
    net.eval();
    Taps taps;
    net.Forward(x, &taps, "rgb.");
    ExpectSteps(taps, PlainInception(net, false).Forward(x), 1e-12);
    taps.clear();
    net.train();
    const auto expected = PlainInception(net, true).Forward(x);
    net.Forward(x, &taps, "rgb.");
    ExpectSteps(taps, expected, 1e-9);  // norms of few values are steep
  }
}

// Folded norms, packed weights, fused ReLU.
TEST_P(Inception3dTest, InferenceInFloatEqualsPlainOperations) {
  Inception3d net(GetParam()());
  Scramble(net);
  net.to(at::kFloat);
  net.eval();
  at::NoGradGuard no_grad;
  const at::Tensor x = at::randn({2, 3, 9, 48, 62});
  Taps taps;
  net.Forward(x, &taps, "rgb.");
  ExpectSteps(taps, PlainInception(net, false).Forward(x.to(at::kDouble)), 1e-5);
}

TEST_P(Inception3dTest, GradientsAreRight) {
  Inception3dBackbone backbone({GetParam()(), {}});
  Scramble(backbone);
  backbone.SetBatchNormFrozen(true);
  backbone.train();
  const at::Tensor x = at::randn({2, 3, 3, 18, 15}, at::kDouble).set_requires_grad(true);
  std::vector<std::pair<std::string, at::Tensor>> variables = {{"x", x}};
  for (const auto& parameter : backbone.named_parameters()) {
    if (parameter.value().requires_grad()) variables.emplace_back(parameter.key(), parameter.value());
  }
  ExpectGradientsRight([&] { return backbone.Forward({x, {}, {}}); }, variables, 1);
}

TEST_P(Inception3dTest, ClipsDoNotInfluenceEachOther) {
  Inception3dBackbone backbone({GetParam()(), {}});
  Scramble(backbone);
  backbone.eval();
  const at::Tensor x = at::randn({3, 3, 4, 20, 33}, at::kDouble);
  const at::Tensor all = backbone.Forward({x, {}, {}});
  for (int64_t b = 0; b < 3; ++b) {
    EXPECT_TRUE(Close(backbone.Forward({x.slice(0, b, b + 1), {}, {}})[0], all[b], 1e-12)) << b;
  }
}

TEST_P(Inception3dTest, FrozenBatchNormNeitherLearnsNorRemembers) {
  Inception3dBackbone backbone({GetParam()(), {}});
  backbone.SetBatchNormFrozen(true);
  backbone.train();
  const at::Tensor x = at::randn({2, 3, 4, 32, 32}) * 5 + 1;
  std::map<std::string, at::Tensor> before;
  for (const auto& buffer : backbone.named_buffers()) before[buffer.key()] = buffer.value().clone();
  const at::Tensor trained = backbone.Forward({x, {}, {}});
  backbone.eval();
  EXPECT_TRUE(Close(backbone.Forward({x, {}, {}}), trained, 1e-5));
  for (const auto& buffer : backbone.named_buffers()) {
    EXPECT_TRUE(at::equal(buffer.value(), before[buffer.key()])) << buffer.key();
  }
  for (const auto& parameter : backbone.named_parameters()) {
    EXPECT_EQ(parameter.value().requires_grad(), parameter.key().find(".bn") == std::string::npos)
        << parameter.key();
  }
  backbone.train();
  backbone.SetBatchNormFrozen(false);
  backbone.Forward({x, {}, {}});
  for (const auto& buffer : backbone.named_buffers()) {
    EXPECT_FALSE(at::equal(buffer.value(), before[buffer.key()])) << buffer.key();
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, Inception3dTest, ::testing::Values(&TinyI3d, &TinyS3dG),
                         [](const auto& info) { return info.index == 0 ? "I3d" : "S3dG"; });

TEST(InceptionBackboneTest, AveragesOverTime) {
  Inception3dBackbone backbone({Options(false, false, 8, Step::kMixed4e), {}});
  EXPECT_EQ(backbone.channels(), 66);
  EXPECT_EQ(backbone.stride(), 16);
  backbone.eval();
  Taps taps;
  const at::Tensor F = backbone.Forward({at::randn({1, 3, 9, 40, 50}), {}, {}}, &taps);
  EXPECT_EQ(F.sizes(), (at::IntArrayRef{1, 66, 3, 4}));
  EXPECT_EQ(taps.back().first, "rgb.mixed_4e");
  EXPECT_TRUE(Close(F, taps.back().second.mean(2), 1e-6));
}

// ---- parts of the network

TEST(InceptionStepsTest, LaterStepsTakeWhatWasCutOutOfAMap) {
  at::set_num_threads(1);
  Inception3d net(TinyI3d());
  net.eval();
  at::NoGradGuard no_grad;
  const at::Tensor map = net.Forward(at::randn({2, 3, 9, 33, 48}), Step::kConv1a, Step::kMixed4f);
  EXPECT_EQ(map.sizes(), (at::IntArrayRef{2, 104, 3, 3, 3}));
  const at::Tensor rois = at::rand({5, 104, 3, 7, 7});
  const at::Tensor later = net.Forward(rois, Step::kMixed5b, Step::kMixed5c);
  EXPECT_EQ(later.sizes(), (at::IntArrayRef{5, 128, 3, 7, 7}));
  EXPECT_TRUE(Close(net.Forward(rois.slice(0, 3, 4), Step::kMixed5b, Step::kMixed5c)[0], later[3], 1e-5));
  EXPECT_EQ(net.Forward(rois.slice(0, 0, 0), Step::kMixed5b, Step::kMixed5c).sizes(),
            (at::IntArrayRef{0, 128, 3, 7, 7}));
}

TEST(InceptionStepsTest, PartsMakeTheWhole) {
  Inception3d net(TinyS3dG());
  net.eval();
  const at::Tensor x = at::randn({1, 3, 6, 32, 32});
  const at::Tensor part = net.Forward(x, Step::kConv1a, Step::kMixed3c);
  EXPECT_TRUE(at::equal(net.Forward(part, Step::kPool4a, Step::kMixed5c), net.Forward(x)));
}

TEST(InceptionStepsTest, ErrorsNameStepsAndShapes) {
  Inception3d net(Options(false, false, 8, Step::kMixed4e));
  const auto message = [&](const at::Tensor& x, Step from, Step to) -> std::string {
    try {
      net.Forward(x, from, to);
    } catch (const c10::Error& error) {
      return error.what_without_backtrace();
    }
    return "";
  };
  EXPECT_NE(message(at::zeros({1, 60, 2, 7, 7}), Step::kMixed4e, Step::kMixed4f)
                .find("mixed_4e to mixed_4f of a network that ends with mixed_4e"),
            std::string::npos);
  EXPECT_NE(message(at::zeros({1, 60, 2, 7, 7}), Step::kMixed4e, Step::kMixed4e)
                .find("expected [B,64,T,h,w] before mixed_4e, got [1, 60, 2, 7, 7]"),
            std::string::npos);
  EXPECT_NE(message(at::zeros({1, 2, 2, 7, 7}), Step::kConv1a, Step::kMixed4e).find("expected [B,3,T,h,w]"),
            std::string::npos);
}

// ---- sizes

int64_t Count(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const at::Tensor& parameter : module.parameters()) count += parameter.numel();
  return count;
}

// Up to mixed_5c, from the table.
int64_t Expected(bool separable, bool gating, int64_t input_channels) {
  const auto conv = [](int64_t in, int64_t out, int64_t kernel) { return in * out * kernel + 2 * out; };
  const auto unit = [&](int64_t in, int64_t out, int64_t k) {
    return separable ? conv(in, out, k * k) + conv(out, out, k) : conv(in, out, k * k * k);
  };
  const auto gate = [&](int64_t width) { return gating ? width * width + width : 0; };
  int64_t count = unit(input_channels, 64, 7) + conv(64, 64, 1) + unit(64, 192, 3) + gate(192);
  for (const Row& row : kTable) {
    count += conv(row.in, row.b0, 1) + conv(row.in, row.b1a, 1) + unit(row.b1a, row.b1b, 3) +
             conv(row.in, row.b2a, 1) + unit(row.b2a, row.b2b, 3) + conv(row.in, row.b3b, 1);
    count += gate(row.b0) + gate(row.b1b) + gate(row.b2b) + gate(row.b3b);
  }
  return count;
}

constexpr int64_t kClassifier = 1024 * 400 + 400;

// I3D with its 400 classes has 12,697,264 in piergiaj/pytorch-i3d; S3D 8,320,048 in
// torchvision (num_params of S3D_Weights.KINETICS400_V1). Xie et al. give 8.8 M for S3D and
// 11.6 M for S3D-G, which neither their tables nor any public code of theirs or others adds
// up to: gates on all branches, as published in code, are 1.2 M.
TEST(InceptionSizeTest, HasThePublicModelsParameters) {
  Inception3dOptions options = Options(false, false, 1, Step::kMixed5c);
  EXPECT_EQ(Count(Inception3d(options)), 12697264 - kClassifier);
  EXPECT_EQ(Expected(false, false, 3), 12697264 - kClassifier);
  options.input_channels = 2;
  EXPECT_EQ(Count(Inception3d(options)), 12697264 - kClassifier - 64 * 7 * 7 * 7);

  options = Options(true, false, 1, Step::kMixed5c);
  EXPECT_EQ(Count(Inception3d(options)), 8320048 - kClassifier);
  EXPECT_EQ(Expected(true, false, 3), 8320048 - kClassifier);
  options.gating = true;
  EXPECT_EQ(Count(Inception3d(options)), Expected(true, true, 3));
  EXPECT_EQ(Expected(true, true, 3), 9135056);
}

TEST(InceptionSizeTest, ChannelsAndStridesAreThoseOfTheMaps) {
  Inception3dOptions options;
  EXPECT_EQ(ChannelsAfter(options, Step::kMixed3c), 480);
  EXPECT_EQ(ChannelsAfter(options, Step::kMixed4e), 528);
  EXPECT_EQ(ChannelsAfter(options, Step::kMixed4f), 832);
  EXPECT_EQ(ChannelsAfter(options, Step::kMixed5c), 1024);
  for (const int64_t last_stride : {1, 2}) {
    options = TinyI3d();
    options.last_stride = last_stride;
    Inception3d net(options);
    net.eval();
    EXPECT_EQ(net.stride(), 16 * last_stride);
    Taps taps;
    net.Forward(at::zeros({1, 3, 9, 50, 65}), &taps);
    ASSERT_EQ(taps.size(), kInceptionSteps);
    for (int s = 0; s < kInceptionSteps; ++s) {
      const auto step = static_cast<Step>(s);
      const at::Tensor& map = taps[s].second;
      const int64_t stride = StrideAfter(options, step);
      const int64_t frames = step < Step::kPool4a ? 5 : step < Step::kPool5a ? 3 : 2;
      EXPECT_EQ(map.sizes(), (at::IntArrayRef{1, ChannelsAfter(options, step), frames,
                                              (50 + stride - 1) / stride, (65 + stride - 1) / stride}))
          << taps[s].first;
    }
  }
}

}  // namespace
}  // namespace mrsn
