// Whole detectors of public repositories: their weights by their names in, their logits out, read as
// //experiments:evaluate reads --checkpoint. testdata/README.md says how the cases were made; the weights are
// made up there and here by one formula.
#include <ATen/ATen.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "experiments/config/config.h"
#include "experiments/heads/experiments_of_head.h"
#include "experiments/run/given_weights.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mrsn/action_detector.h"
#include "mrsn/build_model.h"
#include "mrsn/checkpoint/safetensors.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

using nlohmann::json;

// `count` numbers in [0,1) that follow from the name: make_peer_models.py's uniform().
at::Tensor Uniform(const std::string& name, int64_t count) {
  uint32_t seed = 2166136261u;
  for (const char byte : name) seed = (seed ^ static_cast<uint8_t>(byte)) * 16777619u;
  at::Tensor values = at::empty({count}, at::kDouble);
  double* const to = values.data_ptr<double>();
  for (int64_t i = 0; i < count; ++i) {
    uint32_t x = seed + static_cast<uint32_t>(i) * 0x9E3779B9u;
    x = (x ^ (x >> 16)) * 0x85EBCA6Bu;
    x = (x ^ (x >> 13)) * 0xC2B2AE35u;
    to[i] = (x ^ (x >> 16)) / 4294967296.0;
  }
  return values;
}

// make_peer_models.py's values_of().
at::Tensor WeightNamed(const std::string& name, const std::vector<int64_t>& shape) {
  if (absl::EndsWith(name, "num_batches_tracked")) return at::zeros(shape, at::kLong);
  int64_t fan_in = 1;
  for (size_t d = 1; d < shape.size(); ++d) fan_in *= shape[d];
  at::Tensor u = Uniform(name, shape[0] * fan_in);
  if (absl::EndsWith(name, "running_var")) {
    u.add_(0.5);
  } else if (shape.size() > 1) {
    u.mul_(2).sub_(1).mul_(std::sqrt(6.0 / static_cast<double>(fan_in)));
  } else if (absl::EndsWith(name, "weight")) {
    u.div_(2).add_(0.25);
  } else {
    u.sub_(0.5).mul_(0.2);
  }
  return u.to(at::kFloat).reshape(shape);
}

at::Tensor InputNamed(const std::string& name, const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return Uniform(name, count).mul_(2).sub_(1).to(at::kFloat).reshape(shape);
}

at::Tensor ToTensor(const std::vector<double>& values, const std::vector<int64_t>& shape) {
  return at::tensor(values, at::kDouble).to(at::kFloat).reshape(shape);
}

// Rows of clip and four corners.
void Split(const json& rows, at::Tensor* clips, at::Tensor* boxes) {
  std::vector<int64_t> of_clip;
  std::vector<double> corners;
  for (const json& row : rows) {
    of_clip.push_back(row[0]);
    for (int c = 1; c < 5; ++c) corners.push_back(row[c]);
  }
  *clips = at::tensor(of_clip, at::kLong);
  *boxes = ToTensor(corners, {static_cast<int64_t>(of_clip.size()), 4});
}

DetectorInput InputOf(const json& made) {
  DetectorInput input;
  input.fast = InputNamed("clip", made["clip"]);
  const std::vector<int64_t> slow = made["slow_frames"];
  input.slow = input.fast.index_select(2, at::tensor(slow, at::kLong));
  Split(made["boxes"], &input.clip_index, &input.boxes);
  if (made.contains("objects")) Split(made["objects"], &input.object_clip_index, &input.object_boxes);
  if (made.contains("entries")) {
    std::vector<int64_t> clips, seconds;
    for (const json& entry : made["entries"]) {
      clips.push_back(entry[0]);
      seconds.push_back(entry[1]);
    }
    const int64_t width = made.value("bank_width", 2304);
    input.bank = {InputNamed("bank", {static_cast<int64_t>(clips.size()), width}),
                  at::tensor(clips, at::kLong), at::tensor(seconds, at::kLong)};
  }
  return input;
}

struct Case {
  std::string name, format, experiment, change;
};

class PeerModelsTest : public ::testing::TestWithParam<Case> {};

TEST_P(PeerModelsTest, GivesThePublicCodesLogits) {
  const Case& peer = GetParam();
  const json made = json::parse(*ReadFile(absl::StrCat("experiments/parity/testdata/", peer.name, ".json")));
  const auto resolved = LoadExperiment(ConfigsRoot(), peer.experiment, peer.change);
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  const auto model = BuildModel(resolved->experiment.model(), at::kCPU);
  ASSERT_TRUE(model.ok()) << model.status();
  (*model)->eval();
  Safetensors weights;
  for (const json& entry : made["state"]) {
    const std::string name = entry[0];
    weights.tensors[name] = WeightNamed(name, entry[1]);
  }
  const std::string file = ::testing::TempDir() + "/" + peer.name + ".safetensors";
  ASSERT_TRUE(WriteSafetensors(file, weights).ok());
  const auto given = LoadGivenWeights({file, std::nullopt}, /*allow_missing=*/false, **model);
  ASSERT_TRUE(given.ok()) << given.status();
  EXPECT_EQ(given->format(), peer.format);
  std::filesystem::remove(file);

  const at::NoGradGuard no_grad;
  const at::Tensor logits = (*model)->Forward(InputOf(made)).logits;
  std::vector<double> expected_values;
  for (const json& row : made["logits"]) {
    for (const json& value : row) expected_values.push_back(value);
  }
  const at::Tensor expected = ToTensor(expected_values, logits.sizes().vec());
  const double largest = expected.abs().max().item<double>();
  EXPECT_GT(largest, 1e-3) << "a case in which nothing happens";
  const double difference = (logits - expected).abs().max().item<double>() / largest;
  RecordProperty("relative_difference", absl::StrCat(difference));
  EXPECT_LT(difference, 2e-5);
}

// With NARROW of make_peer_models.py channels in the stem.
constexpr char kNarrowSlowFast[] = "slow_fast { slow { stem_channels: 16 } }";
constexpr char kNarrowSlowOnly[] = "slow_only { stem_channels: 16 }";

// A change to a framework's model; `parts` are fields of ModelConfig.
std::string Model(const std::string& framework, const std::string& parts) {
  return absl::StrCat("compatibility: ", framework, " model { ", parts, " }");
}

// mmaction2's feature bank over four seconds.
Case FeatureBank(const std::string& name, const std::string& fields) {
  const std::string head = absl::StrCat(" lfb { window_seconds: 2 ", fields, " }");
  return {name, "mmaction2", "reference/slowonly_r50_4x16",
          absl::StrCat(Model("MMACTION2", kNarrowSlowOnly + head),
                       " inputs { relation_bank_from: \"reference/slowonly_r50_16x4\" }")};
}

std::vector<Case> AllCases() {
  const std::string acar = Model("ACAR", "num_classes: 60");
  const std::string aia = Model("ALPHACTION",
                                "aia { asynchronous_memory: false "
                                "padding { persons: 25 objects: 5 memory_per_second: 5 } }");
  const std::string acrn = std::string(kNarrowSlowFast) + " acrn {}";
  const std::string slow_fast = "reference/slowfast_r50_8x8", slow_only = "reference/slowonly_r50_4x16";
  return {
      {"acar_r50_linear", "acar", "ava22/slowfast_r50", acar},
      {"acar_r50", "acar", "ava21/acar_r50_short", acar},
      {"acar_r101", "acar", "ava22/acar_r101_short", acar},
      {"aia_r50_dense", "alphaction", "ava22/aia_r50",
       aia + " inputs { relation_bank_from: \"ava22/slowfast_r50\" }"},
      {"pyslowfast_slowfast", "pyslowfast", slow_fast, Model("PYSLOWFAST", kNarrowSlowFast)},
      {"pytorchvideo_slow", "pytorchvideo", slow_only, Model("PYTORCHVIDEO", kNarrowSlowOnly)},
      {"pytorchvideo_slowfast", "pytorchvideo", slow_fast, Model("PYTORCHVIDEO", kNarrowSlowFast)},
      {"mmaction2_slowfast", "mmaction2", "reference/slowfast_r50_4x16", Model("MMACTION2", kNarrowSlowFast)},
      {"mmaction2_acrn", "mmaction2", slow_fast, Model("MMACTION2", acrn)},
      FeatureBank("mmaction2_lfb_nonlocal", "width: 128 affine_norm: true"),
      FeatureBank("mmaction2_lfb_average", "operator: AVERAGE"),
      FeatureBank("mmaction2_lfb_max", "operator: MAX"),
  };
}

std::vector<Case> Cases() {
  std::vector<Case> cases;
  for (const Case& peer : AllCases()) {
    if (HasHeadUnderTest(peer.experiment, peer.change)) cases.push_back(peer);
  }
  return cases;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PeerModelsTest);  // some heads are no peer's
INSTANTIATE_TEST_SUITE_P(Peers, PeerModelsTest, ::testing::ValuesIn(Cases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace mrsn::experiments
