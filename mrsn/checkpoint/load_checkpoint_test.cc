// The .pth files of testdata were written by PyTorch; make_testdata.py says what is in them.
#include "mrsn/checkpoint/load_checkpoint.h"

#include <ATen/ATen.h>

#include <map>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mrsn/checkpoint/safetensors.h"
#include "ops/base/file.h"
#include "ops/formats/pickle/pickle_writer.h"

namespace mrsn {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

std::string PathOf(const std::string& name) { return "mrsn/checkpoint/testdata/" + name; }

using Shapes = std::vector<std::pair<std::string, std::vector<int64_t>>>;

// A module with a parameter of 0.5s for each name "a.b.weight", a buffer where the leaf is
// running_* or num_batches_tracked.
struct Net : torch::nn::Module {
  Net() = default;
  explicit Net(const Shapes& shapes) {
    for (const auto& [name, shape] : shapes) {
      std::vector<std::string> path = absl::StrSplit(name, '.');
      const std::string leaf = path.back();
      path.pop_back();
      Net* at = this;
      for (const std::string& part : path) at = at->Child(part);
      const bool counter = leaf == "num_batches_tracked";
      const at::Tensor value = at::full(shape, counter ? 0 : 0.5, counter ? at::kLong : at::kFloat);
      if (counter || leaf.find("running_") == 0) {
        at->register_buffer(leaf, value);
      } else {
        at->register_parameter(leaf, value);
      }
    }
  }
  Net* Child(const std::string& name) {
    if (children_.count(name) == 0) children_[name] = register_module(name, std::make_shared<Net>());
    return children_[name].get();
  }
  at::Tensor Get(const std::string& name) const {
    for (const auto& item : named_parameters()) {
      if (item.key() == name) return item.value();
    }
    for (const auto& item : named_buffers()) {
      if (item.key() == name) return item.value();
    }
    return {};
  }
  std::map<std::string, std::shared_ptr<Net>> children_;
};

Shapes Norm(const std::string& name, int64_t channels) {
  return {{name + ".weight", {channels}},
          {name + ".bias", {channels}},
          {name + ".running_mean", {channels}},
          {name + ".running_var", {channels}},
          {name + ".num_batches_tracked", {}}};
}

void Append(const Shapes& more, Shapes* shapes) { shapes->insert(shapes->end(), more.begin(), more.end()); }

// slow_only() of make_testdata.py, by our names and in the same order.
Shapes SlowOnly(int64_t classes) {
  Shapes shapes = {{"backbone.resnet.stem.weight", {2, 3, 1, 3, 3}}};
  Append(Norm("backbone.resnet.stem_norm", 2), &shapes);
  const std::string block = "backbone.resnet.res2_0.";
  shapes.push_back({block + "shortcut.weight", {4, 2, 1, 1, 1}});
  Append(Norm(block + "shortcut_norm", 4), &shapes);
  shapes.push_back({block + "conv_a.weight", {1, 2, 3, 1, 1}});
  Append(Norm(block + "norm_a", 1), &shapes);
  shapes.push_back({block + "conv_b.weight", {1, 1, 1, 3, 3}});
  Append(Norm(block + "norm_b", 1), &shapes);
  shapes.push_back({block + "conv_c.weight", {4, 1, 1, 1, 1}});
  Append(Norm(block + "norm_c", 4), &shapes);
  shapes.push_back({"head.classifier.weight", {classes, 4}});
  shapes.push_back({"head.classifier.bias", {classes}});
  return shapes;
}

std::string ErrorOf(const std::string& name, Net& net, const ImportOptions& options = {}) {
  const auto before = net.Get("head.classifier.weight").clone();
  const auto report = LoadCheckpoint(PathOf(name), "auto", net, options);
  if (report.ok()) return "no error";
  EXPECT_TRUE(at::equal(net.Get("head.classifier.weight"), before)) << "a refused file changes nothing";
  return std::string(report.status().message());
}

TEST(LoadCheckpointTest, EveryTensorArrivesWhereItBelongs) {
  for (const char* name :
       {"pyslowfast.pyth", "ordered.pth", "plain.pth", "data_parallel.pth", "legacy.pth"}) {
    Net net(SlowOnly(3));
    const auto report = LoadCheckpoint(PathOf(name), "auto", net, {});
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->format, "pyslowfast");
    EXPECT_THAT(report->mapped, SizeIs(32));
    EXPECT_THAT(report->file_sha256, SizeIs(64));
    int64_t counter = 0;
    for (const auto& [native, shape] : SlowOnly(3)) {
      const at::Tensor tensor = net.Get(native);
      const at::Tensor expected = at::arange(counter, counter + tensor.numel()).to(tensor.scalar_type());
      EXPECT_TRUE(at::equal(tensor.flatten(), expected)) << name << " " << native;
      counter += tensor.numel();
    }
  }
}

// The blob of SlowOnly()'s tensor, as Caffe2 calls it: backbone.resnet.res2_0.norm_a.running_var ->
// res2_0_branch2a_bn_riv.
std::string Caffe2Name(const std::string& native) {
  const std::map<std::string, std::string> leaves = {
      {"weight", "w"}, {"bias", "b"}, {"running_mean", "rm"}, {"running_var", "riv"}};
  std::vector<std::string> path = absl::StrSplit(native, '.');
  const bool norm = native.find("norm") != std::string::npos;
  const std::string leaf = norm && path.back() == "weight" ? "s" : leaves.at(path.back());
  if (path[0] == "head") return "pred_" + leaf;
  if (path[2] == "stem") return "conv1_" + leaf;
  if (path[2] == "stem_norm") return "res_conv1_bn_" + leaf;
  const bool shortcut = path[3].find("shortcut") == 0;
  const std::string branch = shortcut ? "1" : std::string("2") + path[3].back();
  return path[2] + "_branch" + branch + (norm ? "_bn_" : "_") + leaf;
}

TEST(LoadCheckpointTest, Caffe2Pickles) {
  formats::PickleWriter out;
  float counter = 0;
  Net net(SlowOnly(3));
  out.Dict([&] {
    out.Text("blobs"), out.Dict([&] {
      for (const auto& [native, shape] : SlowOnly(3)) {
        if (absl::EndsWith(native, "num_batches_tracked")) continue;
        std::vector<float> values(net.Get(native).numel());
        for (float& value : values) value = counter++;
        out.Text(Caffe2Name(native)), out.Array("f4", shape, formats::Raw(values));
        out.Text(Caffe2Name(native) + "_momentum"), out.Array("f4", shape, formats::Raw(values));
      }
      out.Text("lr"), out.Array("f4", {1}, formats::Raw<float>({0.1f}));
      out.Text("model_iter"), out.Scalar("i8", formats::Raw<int64_t>({7}));
    });
  });
  const std::string path = ::testing::TempDir() + "/SLOW_8x8_R50.pkl";
  ASSERT_TRUE(WriteFileAtomically(path, out.Finish()).ok());
  const auto report = LoadCheckpoint(path, "auto", net, {});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->format, "caffe2");
  EXPECT_THAT(report->mapped, SizeIs(27));
  EXPECT_THAT(report->left_out, SizeIs(28));
  counter = 0;
  for (const auto& [native, shape] : SlowOnly(3)) {
    if (absl::EndsWith(native, "num_batches_tracked")) continue;
    const at::Tensor tensor = net.Get(native);
    const at::Tensor expected = at::arange(counter, counter + tensor.numel());
    EXPECT_TRUE(at::equal(tensor.flatten(), expected)) << native;
    counter += tensor.numel();
  }
}

// A file that is no checkpoint says what it is, whatever its name.
TEST(LoadCheckpointTest, BrokenFiles) {
  const auto error = [](const std::string& name, const std::string& bytes) {
    const std::string path = ::testing::TempDir() + "/" + name;
    EXPECT_TRUE(WriteFileAtomically(path, bytes).ok());
    return std::string(ReadTensors(path).status().message());
  };
  EXPECT_THAT(error("a.pyth", ""), HasSubstr("a.pyth: is empty (0 bytes), not a checkpoint"));
  EXPECT_THAT(error("a.safetensors", ""), HasSubstr("a.safetensors: is empty (0 bytes), not a checkpoint"));
  for (const char* name : {"b.pyth", "b.pkl", "b.safetensors"}) {
    EXPECT_THAT(
        error(name, "<!DOCTYPE html><html><head><title>Quota exceeded</title></head></html>"),
        HasSubstr("is a web page (HTML), not a checkpoint (.pth, .pyth, .pkl, .safetensors): download it"));
  }
  EXPECT_THAT(error("c.pkl", "\x80\x02}q\x01X"), HasSubstr("not a readable pickle: byte 5"));
}

TEST(LoadCheckpointTest, WhatDoesNotFitIsNamed) {
  Net two_classes(SlowOnly(2));
  EXPECT_THAT(
      ErrorOf("plain.pth", two_classes),
      AllOf(HasSubstr("plain.pth does not fit the model: as pyslowfast: 30 copied, 2 that do not fit (first: "
                      "head.projection.weight, float32 [3,4] in the file, float32 [2,4] in the model)"),
            HasSubstr("take its backbone only"), Not(HasSubstr("\n"))));

  Shapes more = SlowOnly(3);
  more.push_back({"backbone.resnet.res2_1.conv_a.weight", {1, 4, 1, 1, 1}});
  Net deeper(more);
  EXPECT_THAT(ErrorOf("plain.pth", deeper),
              HasSubstr("1 missing (first: backbone.resnet.res2_1.conv_a.weight)"));

  Shapes less = SlowOnly(3);
  less.erase(less.begin());
  Net shallower(less);
  EXPECT_THAT(ErrorOf("plain.pth", shallower),
              HasSubstr("1 unexpected (first: s1.pathway0_stem.conv.weight)"));
  EXPECT_THAT(ErrorOf("tiny.pth", shallower),
              HasSubstr("its 2 tensors ('a', ..) are named like those of none of"));
}

TEST(LoadCheckpointTest, PartialImportsCopyWhatFitsAndReportTheRest) {
  Shapes shapes = SlowOnly(2);
  shapes.erase(shapes.begin());
  shapes.push_back({"head.extra.weight", {1}});
  Net net(shapes);
  ImportOptions options;
  options.allow_partial = true;
  const auto report = LoadCheckpoint(PathOf("plain.pth"), "pyslowfast", net, options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->complete());
  EXPECT_THAT(report->missing, ElementsAre("head.extra.weight"));
  ASSERT_THAT(report->unexpected, SizeIs(1));
  EXPECT_EQ(report->unexpected[0].native, "backbone.resnet.stem.weight");
  EXPECT_THAT(report->mismatched, SizeIs(2));
  EXPECT_THAT(report->mapped, SizeIs(29));
  EXPECT_EQ(net.Get("backbone.resnet.stem_norm.bias")[0].item<float>(), 56);
  EXPECT_EQ(net.Get("head.classifier.bias")[0].item<float>(), 0.5);

  EXPECT_THAT(report->Text(),
              AllOf(HasSubstr("\n  missing head.extra.weight\n"),
                    HasSubstr("\n  unexpected s1.pathway0_stem.conv.weight -> "
                              "backbone.resnet.stem.weight\n"),
                    HasSubstr("\n  does not fit head.projection.bias -> head.classifier.bias: ")));
  const auto json = nlohmann::json::parse(report->Json());
  EXPECT_EQ(json["complete"], false);
  EXPECT_EQ(json["mapped"].size(), 29u);
  EXPECT_EQ(json["missing"][0], "head.extra.weight");
  EXPECT_EQ(json["unexpected"][0]["source"], "s1.pathway0_stem.conv.weight");
}

TEST(LoadCheckpointTest, ADetectorStartsFromTheBackboneOfAClassifier) {
  Shapes shapes = SlowOnly(2);
  shapes.push_back({"head.relation.weight", {1}});
  Net net(shapes);
  ImportOptions options;
  options.backbone_only = true;
  const auto report = LoadCheckpoint(PathOf("plain.pth"), "auto", net, options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->complete());
  EXPECT_THAT(report->mapped, SizeIs(30));
  EXPECT_THAT(report->left_out, SizeIs(2));
  EXPECT_THAT(report->kept,
              ElementsAre("head.classifier.weight", "head.classifier.bias", "head.relation.weight"));
  EXPECT_TRUE(at::equal(net.Get("head.classifier.weight"), at::full({2, 4}, 0.5)));
  // The backbone itself must still be complete.
  shapes.push_back({"backbone.resnet.res3_0.conv_a.weight", {1}});
  Net deeper(shapes);
  EXPECT_THAT(ErrorOf("plain.pth", deeper, options), HasSubstr("1 missing"));
}

TEST(LoadCheckpointTest, Mmaction2sBackgroundClassIsDropped) {
  Shapes shapes = {{"backbone.resnet.stem.weight", {2, 3, 1, 1, 1}}};
  Append(Norm("backbone.resnet.stem_norm", 2), &shapes);
  Shapes same = shapes, fewer = shapes;
  Append({{"head.classifier.weight", {3, 2}}, {"head.classifier.bias", {3}}}, &fewer);
  Net net(fewer);
  const auto report = LoadCheckpoint(PathOf("mmaction2.pth"), "auto", net, {});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->first_rows, SizeIs(2));
  // make_testdata.py: 6 of the convolution and 9 of the norm come before the 4 x 2 of the classifier.
  EXPECT_TRUE(
      at::equal(net.Get("head.classifier.weight"), at::arange(17, 23).to(at::kFloat).reshape({3, 2})));
  EXPECT_TRUE(at::equal(net.Get("head.classifier.bias"), at::arange(24, 27).to(at::kFloat)));

  Append({{"head.classifier.weight", {4, 2}}, {"head.classifier.bias", {4}}}, &same);
  Net all(same);
  const auto whole = LoadCheckpoint(PathOf("mmaction2.pth"), "auto", all, {});
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_THAT(whole->first_rows, IsEmpty());
  EXPECT_EQ(all.Get("head.classifier.bias")[0].item<float>(), 23);
}

TEST(LoadCheckpointTest, ImageKernelsAreSpreadOverTime) {
  Shapes shapes = {{"backbone.resnet.stem.weight", {2, 3, 5, 3, 3}}};
  Append(Norm("backbone.resnet.stem_norm", 2), &shapes);
  shapes.push_back({"backbone.resnet.res2_0.conv_a.weight", {1, 2, 1, 1, 1}});
  Append(Norm("backbone.resnet.res2_0.norm_a", 1), &shapes);
  Net net(shapes);
  ImportOptions options;
  options.backbone_only = true;
  const auto report = LoadCheckpoint(PathOf("torchvision.pth"), "auto", net, options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->format, "torchvision");
  EXPECT_THAT(report->inflated, SizeIs(2));
  const at::Tensor stem = net.Get("backbone.resnet.stem.weight");
  for (int64_t o = 0; o < 2; ++o) {
    for (int64_t i = 0; i < 3; ++i) {
      for (int64_t t = 0; t < 5; ++t) {
        for (int64_t y = 0; y < 3; ++y) {
          for (int64_t x = 0; x < 3; ++x) {
            const float image = ((o * 3 + i) * 3 + y) * 3 + x;  // values count up from 0
            ASSERT_EQ(stem[o][i][t][y][x].item<float>(), image / 5) << o << i << t << y << x;
          }
        }
      }
    }
  }
  // A clip that stands still gives what the image gives.
  const at::Tensor image = at::rand({1, 3, 6, 6});
  const at::Tensor clip = image.unsqueeze(2).expand({1, 3, 5, 6, 6});
  const at::Tensor kernel = at::arange(54).to(at::kFloat).reshape({2, 3, 3, 3});
  EXPECT_TRUE(at::allclose(at::conv3d(clip, stem).squeeze(2), at::conv2d(image, kernel), 1e-4));
}

TEST(LoadCheckpointTest, NativeFilesAndSnapshotsAreReadByTheSameFunction) {
  Net from(SlowOnly(3)), to(SlowOnly(3));
  at::NoGradGuard no_grad;
  Safetensors weights, snapshot;
  for (const auto& [name, shape] : SlowOnly(3)) {
    from.Get(name).copy_(at::randn(shape).mul(100));
    weights.tensors[name] = from.Get(name);
    snapshot.tensors["model." + name] = from.Get(name);
  }
  snapshot.tensors["optimizer.head.classifier.weight.momentum_buffer"] = at::ones({3, 4});
  for (const auto& [content, left_out] : {std::pair(weights, 0), std::pair(snapshot, 1)}) {
    const std::string path = ::testing::TempDir() + "/native.safetensors";
    ASSERT_TRUE(WriteSafetensors(path, content).ok());
    const auto report = LoadCheckpoint(path, "auto", to, {});
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->format, "native");
    EXPECT_THAT(report->left_out, SizeIs(left_out));
    for (const auto& [name, shape] : SlowOnly(3))
      EXPECT_TRUE(at::equal(from.Get(name), to.Get(name))) << name;
    for (const auto& [name, shape] : SlowOnly(3)) to.Get(name).zero_();
  }
}

TEST(ReadTensorsTest, ViewsOfOneStorageHaveTheirOwnElements) {
  const auto tensors = ReadTensors(PathOf("views.pth"));
  ASSERT_TRUE(tensors.ok()) << tensors.status();
  const std::map<std::string, at::Tensor> by_name(tensors->begin(), tensors->end());
  const at::Tensor base = at::arange(24).to(at::kFloat);
  EXPECT_TRUE(at::equal(by_name.at("transposed"), base.reshape({4, 6}).t()));
  EXPECT_TRUE(at::equal(by_name.at("every_third"), base.slice(0, 1, 24, 3)));
  EXPECT_TRUE(at::equal(by_name.at("again"), base.reshape({2, 3, 4})));
  EXPECT_TRUE(at::equal(by_name.at("scalar"), at::scalar_tensor(29, at::kFloat)));
  EXPECT_EQ(by_name.at("empty").sizes(), at::IntArrayRef({0, 4}));
}

TEST(ReadTensorsTest, EveryDtypeHasItsValues) {
  const auto tensors = ReadTensors(PathOf("dtypes.pth"));
  ASSERT_TRUE(tensors.ok()) << tensors.status();
  ASSERT_EQ(tensors->size(), 10u);
  for (int64_t i = 0; i < 10; ++i) {
    const auto& [name, tensor] = (*tensors)[i];
    const at::Tensor expected = at::arange(3 * i, 3 * i + 3).to(tensor.scalar_type());
    EXPECT_TRUE(at::equal(tensor, expected)) << name;
  }
}

}  // namespace
}  // namespace mrsn
