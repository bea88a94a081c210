#include "mrsn/checkpoint/name_map.h"

#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Every tensor of a R-50, by its native name, and where it is.
struct Place {
  bool fast = false;
  int stage = 1;  // 1 is the stem
  int block = 0;
  std::string part;  // "conv_a", "norm_a", "shortcut", .. ; of the stem "stem", "stem_norm"
  std::string leaf;  // "weight", ..
};

std::vector<std::string> LeavesOf(const std::string& part) {
  if (part.find("norm") == std::string::npos) return {"weight"};
  return {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"};
}

std::map<std::string, Place> ResNet50(const std::string& root, bool fast) {
  constexpr int kBlocks[] = {3, 4, 6, 3};
  std::map<std::string, Place> places;
  const auto add = [&](int stage, int block, const std::string& part) {
    const std::string folder = stage == 1 ? root : absl::StrCat(root, ".res", stage, "_", block);
    for (const std::string& leaf : LeavesOf(part)) {
      places[absl::StrCat(folder, ".", part, ".", leaf)] = {fast, stage, block, part, leaf};
    }
  };
  for (const char* part : {"stem", "stem_norm"}) add(1, 0, part);
  for (int stage = 2; stage <= 5; ++stage) {
    for (int block = 0; block < kBlocks[stage - 2]; ++block) {
      for (const char* part : {"conv_a", "norm_a", "conv_b", "norm_b", "conv_c", "norm_c"})
        add(stage, block, part);
      if (block == 0) add(stage, block, "shortcut");
      if (block == 0) add(stage, block, "shortcut_norm");
    }
  }
  return places;
}

// conv_a -> 1, norm_b -> 2, ..
int Number(const std::string& part) { return part.back() - 'a' + 1; }
bool IsNorm(const std::string& part) { return part.find("norm") != std::string::npos; }
bool IsShortcut(const std::string& part) { return part.find("shortcut") == 0; }

// How each framework composes the name of the tensor at a place.
std::string PySlowFast(const Place& p) {
  if (p.stage == 1)
    return absl::StrCat("s1.pathway", p.fast, "_stem.", IsNorm(p.part) ? "bn." : "conv.", p.leaf);
  const std::string unit =
      IsShortcut(p.part) ? "branch1" : absl::StrCat("branch2.", std::string(1, p.part.back()));
  return absl::StrCat("s", p.stage, ".pathway", p.fast, "_res", p.block, ".", unit,
                      IsNorm(p.part) ? "_bn." : ".", p.leaf);
}

std::string PyTorchVideo(const Place& p, bool two_pathways) {
  const std::string way = two_pathways ? absl::StrCat("multipathway_blocks.", p.fast, ".") : "";
  const std::string block = absl::StrCat("model.blocks.", p.stage - 1, ".", way);
  if (p.stage == 1) return absl::StrCat(block, IsNorm(p.part) ? "norm." : "conv.", p.leaf);
  const std::string unit =
      IsShortcut(p.part) ? (IsNorm(p.part) ? "branch1_norm" : "branch1_conv") : "branch2." + p.part;
  return absl::StrCat(block, "res_blocks.", p.block, ".", unit, ".", p.leaf);
}

std::string MmAction2(const Place& p, bool two_pathways) {
  const std::string root = !two_pathways ? "backbone."
                           : p.fast      ? "backbone.fast_path."
                                         : "backbone.slow_path.";
  const std::string leaf = absl::StrCat(IsNorm(p.part) ? ".bn." : ".conv.", p.leaf);
  if (p.stage == 1) return absl::StrCat(root, "conv1", leaf);
  const std::string unit = IsShortcut(p.part) ? "downsample" : absl::StrCat("conv", Number(p.part));
  return absl::StrCat(root, "layer", p.stage - 1, ".", p.block, ".", unit, leaf);
}

std::string Acar(const Place& p) {
  const std::string root = p.fast ? "fast_" : "slow_";
  if (p.stage == 1) return absl::StrCat(root, IsNorm(p.part) ? "bn1." : "conv1.", p.leaf);
  const std::string unit = IsShortcut(p.part) ? (IsNorm(p.part) ? "downsample_bn" : "downsample.0")
                                              : absl::StrCat(IsNorm(p.part) ? "bn" : "conv", Number(p.part));
  return absl::StrCat(root, "res", p.stage - 1, ".", p.block, ".", unit, ".", p.leaf);
}

std::string AlphAction(const Place& p) {
  const std::string root = p.fast ? "fast." : "slow.";
  if (p.stage == 1) return absl::StrCat(root, IsNorm(p.part) ? "bn1." : "conv1.", p.leaf);
  const std::string unit = IsShortcut(p.part) ? "shortcut" : absl::StrCat("btnk.conv", Number(p.part));
  return absl::StrCat(root, "res_nl", p.stage - 1, ".res_", p.block, ".", unit,
                      IsNorm(p.part) ? ".bn." : ".conv.", p.leaf);
}

std::string TorchVision(const Place& p) {
  if (p.stage == 1) return absl::StrCat(IsNorm(p.part) ? "bn1." : "conv1.", p.leaf);
  const std::string unit = IsShortcut(p.part) ? (IsNorm(p.part) ? "downsample.1" : "downsample.0")
                                              : absl::StrCat(IsNorm(p.part) ? "bn" : "conv", Number(p.part));
  return absl::StrCat("layer", p.stage - 1, ".", p.block, ".", unit, ".", p.leaf);
}

// PySlowFast's and Video-Nonlocal-Net's Caffe2 blobs; they count no batches.
std::string Caffe2(const Place& p) {
  const std::map<std::string, std::string> leaves = {
      {"bias", "b"}, {"running_mean", "rm"}, {"running_var", "riv"}, {"num_batches_tracked", "none"}};
  const std::string leaf = p.leaf == "weight" ? (IsNorm(p.part) ? "s" : "w") : leaves.at(p.leaf);
  const std::string way = p.fast ? "t_" : "";
  if (p.stage == 1) return absl::StrCat(way, IsNorm(p.part) ? "res_conv1_bn_" : "conv1_", leaf);
  const std::string unit = IsShortcut(p.part) ? "1" : absl::StrCat("2", std::string(1, p.part.back()));
  return absl::StrCat(way, "res", p.stage, "_", p.block, "_branch", unit, IsNorm(p.part) ? "_bn_" : "_",
                      leaf);
}

std::map<std::string, Place> WithoutCounters(std::map<std::string, Place> places) {
  for (auto at = places.begin(); at != places.end();) {
    at = at->second.leaf == "num_batches_tracked" ? places.erase(at) : std::next(at);
  }
  return places;
}

template <typename Compose>
void ExpectMaps(const std::string& format, const std::map<std::string, Place>& places, bool two_pathways,
                Compose compose) {
  std::vector<std::string> foreign;
  for (const auto& [native, place] : places) foreign.push_back(compose(place));
  const auto mapper = ChooseNameMap("auto", foreign, two_pathways, "file");
  ASSERT_TRUE(mapper.ok()) << format << ": " << mapper.status();
  EXPECT_EQ(mapper->format(), format);
  for (const auto& [native, place] : places)
    EXPECT_EQ(mapper->ToNative(compose(place)), native) << compose(place);
}

TEST(NameMapTest, OnePathway) {
  const auto places = ResNet50("backbone.resnet", false);
  EXPECT_EQ(places.size(), 6u * (1 + 3 * 16 + 4));  // a weight and five of a norm for each convolution
  ExpectMaps("pyslowfast", places, false, PySlowFast);
  ExpectMaps("pytorchvideo", places, false, [](const Place& p) { return PyTorchVideo(p, false); });
  ExpectMaps("mmaction2", places, false, [](const Place& p) { return MmAction2(p, false); });
  ExpectMaps("torchvision", places, false, TorchVision);
  ExpectMaps("caffe2", WithoutCounters(places), false, Caffe2);
}

TEST(NameMapTest, TwoPathways) {
  auto places = ResNet50("backbone.slow", false);
  places.merge(ResNet50("backbone.fast", true));
  EXPECT_EQ(places.size(), 2u * 318);
  ExpectMaps("pyslowfast", places, true, PySlowFast);
  ExpectMaps("pytorchvideo", places, true, [](const Place& p) { return PyTorchVideo(p, true); });
  ExpectMaps("mmaction2", places, true, [](const Place& p) { return MmAction2(p, true); });
  ExpectMaps("acar", places, true, Acar);
  ExpectMaps("alphaction", places, true, AlphAction);
  ExpectMaps("caffe2", WithoutCounters(places), true, Caffe2);
}

TEST(NameMapTest, LateralsNonLocalBlocksAndClassifiers) {
  const std::map<std::string, std::map<std::string, std::string>> expected = {
      {"pyslowfast",
       {{"s1_fuse.conv_f2s.weight", "backbone.lateral_stem.conv.weight"},
        {"s4_fuse.bn.running_var", "backbone.lateral_res4.norm.running_var"},
        {"s4.pathway0_nonlocal13.conv_theta.bias", "backbone.slow.res4_13_nonlocal.theta.bias"},
        {"s4.pathway0_nonlocal13.conv_out.weight", "backbone.slow.res4_13_nonlocal.out.weight"},
        {"s4.pathway0_nonlocal13.bn.weight", "backbone.slow.res4_13_nonlocal.norm.weight"},
        {"head.projection.bias", "head.classifier.bias"}}},
      {"pytorchvideo",
       {{"model.blocks.0.multipathway_fusion.conv_fast_to_slow.weight", "backbone.lateral_stem.conv.weight"},
        {"model.model.blocks.3.multipathway_fusion.norm.weight", "backbone.lateral_res4.norm.weight"},
        {"detection_head.proj.weight", "head.classifier.weight"},
        {"model.detection_head.proj.weight", "head.classifier.weight"},
        {"blocks.6.proj.bias", "head.classifier.bias"}}},
      {"mmaction2",
       {{"backbone.slow_path.conv1_lateral.conv.weight", "backbone.lateral_stem.conv.weight"},
        {"backbone.slow_path.layer3_lateral.conv.weight", "backbone.lateral_res4.conv.weight"},
        {"backbone.slow_path.layer3.1.non_local_block.g.0.conv.bias", "backbone.slow.res4_1_nonlocal.g.bias"},
        {"backbone.slow_path.layer3.1.non_local_block.theta.conv.weight",
         "backbone.slow.res4_1_nonlocal.theta.weight"},
        {"backbone.slow_path.layer3.1.non_local_block.conv_out.bn.weight",
         "backbone.slow.res4_1_nonlocal.norm.weight"},
        {"roi_head.bbox_head.fc_cls.weight", "head.classifier.weight"},
        {"roi_head.shared_head.conv1.conv.weight", "head.relation0.weight"},
        {"roi_head.shared_head.conv2.bn.running_var", "head.relation1_norm.running_var"},
        {"roi_head.shared_head.convs.0.conv.weight", "head.relation2.weight"},
        {"roi_head.shared_head.fbo.st_feat_conv.bias", "head.reduce_persons.bias"},
        {"roi_head.shared_head.fbo.lt_feat_conv.weight", "head.reduce_bank.weight"},
        {"roi_head.shared_head.fbo.non_local_layer_2.st_feat_conv.conv.weight", "head.layer1.query.weight"},
        {"roi_head.shared_head.fbo.non_local_layer_1.lt_feat_conv.conv.bias", "head.layer0.key.bias"},
        {"roi_head.shared_head.fbo.non_local_layer_1.ln.weight", "head.layer0.norm.weight"},
        {"cls_head.fc_cls.bias", "head.classifier.bias"}}},
      {"acar",
       {{"Tconv1.weight", "backbone.lateral_stem.conv.weight"},
        {"backbone.Tconv4.0.weight", "backbone.lateral_res4.conv.weight"},
        {"backbone.module.slow_res4.2.conv3.weight", "backbone.slow.res5_2.conv_c.weight"},
        {"backbone.module.Tconv1.1.running_var", "backbone.lateral_stem.norm.running_var"},
        {"head.module.fc.weight", "head.classifier.weight"},
        {"head.module.fc2.weight", "head.classifier.weight"},
        {"head.module.fc1.weight", "head.actor.weight"},
        {"head.module.conv_reduce.weight", "head.reduce.weight"},
        {"head.module.hr2o.1.conv_q.weight", "head.hr2o1.query.weight"},
        {"head.module.hr2o.0.conv.weight", "head.hr2o0.output.weight"},
        {"head.module.hr2o.0.norm.bias", "head.hr2o0.norm.bias"},
        {"Tconv2.1.running_mean", "backbone.lateral_res2.norm.running_mean"}}},
      {"alphaction",
       {{"fast.Tconv1.conv.weight", "backbone.lateral_stem.conv.weight"},
        {"backbone.body.fast.Tconv4.conv.bias", "backbone.lateral_res4.conv.bias"},
        {"roi_heads.action.predictor.cls_score.weight", "head.classifier.weight"},
        {"roi_heads.action.feature_extractor.fc2.bias", "head.hidden1.bias"},
        {"roi_heads.action.feature_extractor.ia_structure.person_dim_reduce.bias", "head.person_query.bias"},
        {"roi_heads.action.feature_extractor.ia_structure.O_block_2.out.weight",
         "head.object1.output.weight"},
        {"roi_heads.action.feature_extractor.ia_structure.P_block_2.shortcut.weight",
         "head.person1.shortcut.weight"},
        {"roi_heads.action.feature_extractor.ia_structure.M_block_1.temporal_position_v",
         "head.memory0.value_position"},
        {"roi_heads.action.feature_extractor.ia_structure.dense_params.5", "head.mixture5"}}},
      {"caffe2",
       {{"t_pool1_subsample_w", "backbone.lateral_stem.conv.weight"},
        {"t_pool1_subsample_bn_s", "backbone.lateral_stem.norm.weight"},
        {"t_res2_2_branch2c_bn_subsample_w", "backbone.lateral_res2.conv.weight"},
        {"t_res3_3_branch2c_bn_subsample_bn_rm", "backbone.lateral_res3.norm.running_mean"},
        {"t_res4_22_branch2c_bn_subsample_bn_riv", "backbone.lateral_res4.norm.running_var"},
        // The fast block's own batch norm, whose name is the lateral's without "subsample".
        {"t_res4_22_branch2c_bn_riv", "backbone.fast.res4_22.norm_c.running_var"},
        {"nonlocal_conv4_6_theta_w", "backbone.slow.res4_6_nonlocal.theta.weight"},
        {"nonlocal_conv4_13_phi_b", "backbone.slow.res4_13_nonlocal.phi.bias"},
        {"nonlocal_conv4_20_g_w", "backbone.slow.res4_20_nonlocal.g.weight"},
        {"nonlocal_conv4_20_out_b", "backbone.slow.res4_20_nonlocal.out.bias"},
        {"nonlocal_conv3_1_bn_s", "backbone.slow.res3_1_nonlocal.norm.weight"},
        {"box_pooled_fbonl_reduc_w", "head.reduce_persons.weight"},
        {"lfb_1x1_b", "head.reduce_bank.bias"},
        {"lfb_nl1_theta_w", "head.layer1.query.weight"},
        {"lfb_nl0_out_b", "head.layer0.output.bias"},
        {"pred_w", "head.classifier.weight"},
        {"pred_b", "head.classifier.bias"}}},
      {"native",
       {{"backbone.slow.stem.weight", "backbone.slow.stem.weight"},
        {"model.backbone.slow.stem.weight", "backbone.slow.stem.weight"}}}};
  for (const auto& [format, names] : expected) {
    const auto mapper = ChooseNameMap(format, {}, true, "file");
    ASSERT_TRUE(mapper.ok()) << mapper.status();
    for (const auto& [foreign, native] : names) EXPECT_EQ(mapper->ToNative(foreign), native) << foreign;
  }
}

TEST(NameMapTest, FormatsThatDoNotFitAreErrorsThatNameAllOfThem) {
  EXPECT_THAT(NameMapFormats(), ElementsAre("acar", "alphaction", "caffe2", "mmaction2", "native",
                                            "pyslowfast", "pytorchvideo", "torchvision"));
  const auto unknown = ChooseNameMap("detectron", {}, false, "a.pth");
  EXPECT_THAT(std::string(unknown.status().message()),
              HasSubstr("a.pth: unknown format 'detectron'; allowed: auto, acar"));
  const auto none = ChooseNameMap("auto", {"encoder.weight"}, false, "a.pth");
  EXPECT_THAT(std::string(none.status().message()), HasSubstr("a.pth: its 1 tensors ('encoder.weight', ..)"));
  const auto both =
      ChooseNameMap("auto", {"layer1.0.conv1.weight", "s1.pathway0_stem.conv.weight"}, false, "a.pth");
  EXPECT_THAT(std::string(both.status().message()), HasSubstr("both pyslowfast and torchvision"));
}

TEST(NameMapTest, WhatIsLeftOutAndWhereARowIsDropped) {
  const auto native = ChooseNameMap("native", {}, false, "file");
  EXPECT_EQ(native->LeftOut("optimizer.head.classifier.weight.momentum_buffer"), "the optimizer's state");
  EXPECT_THAT(native->LeftOut("model.head.classifier.weight"), IsEmpty());
  EXPECT_FALSE(native->HasBackgroundRow("head.classifier.weight"));
  const auto caffe2 = ChooseNameMap("caffe2", {}, true, "file");
  EXPECT_EQ(caffe2->LeftOut("t_res4_22_branch2c_w_momentum"), "the optimizer's state");
  EXPECT_EQ(caffe2->LeftOut("model_iter"), "the optimizer's state");
  EXPECT_THAT(caffe2->LeftOut("conv1_w"), IsEmpty());
  const auto mmaction2 = ChooseNameMap("mmaction2", {}, false, "file");
  EXPECT_EQ(mmaction2->LeftOut("data_preprocessor.mean"), "the mean and deviation of its input's colours");
  EXPECT_TRUE(mmaction2->HasBackgroundRow("head.classifier.weight"));
  EXPECT_FALSE(mmaction2->HasBackgroundRow("backbone.resnet.stem.weight"));
  EXPECT_FALSE(mmaction2->ZeroIfMissing("head.classifier.bias"));
  const auto acar = ChooseNameMap("acar", {}, true, "file");
  EXPECT_TRUE(acar->ZeroIfMissing("head.classifier.bias"));
  EXPECT_FALSE(acar->ZeroIfMissing("head.classifier.weight"));
}

TEST(NameMapTest, BadMapsAreErrorsThatNameTheField) {
  const auto error = [](const std::string& text) {
    return std::string(NameMapper::Parse(text, "m.textproto", false).status().message());
  };
  EXPECT_THAT(error("format: \"x\"\nrules {}"), HasSubstr("m.textproto:2:"));
  EXPECT_THAT(error("recognised_by: \"(\""),
              HasSubstr("m.textproto: recognised_by: '(' is no regular expression"));
  EXPECT_THAT(error("rule { match: \"a\" to: \"\\\\1\" }"), HasSubstr("m.textproto: rule.to"));
}

}  // namespace
}  // namespace mrsn
