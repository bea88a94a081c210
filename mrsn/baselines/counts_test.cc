// The baselines from their configurations: full-size parameter counts against the public
// code's, shapes, and errors.
#include <ATen/ATen.h>
#include <google/protobuf/text_format.h>

#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "mrsn/build_model.h"
#include "mrsn/model_config.pb.h"

namespace mrsn {
namespace {

absl::StatusOr<std::shared_ptr<ActionDetector>> Build(const std::string& text, int64_t channels, int classes,
                                                      torch::Device device = torch::kMeta) {
  ModelConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config)) << text;
  config.set_num_classes(classes);
  auto& backbone = *config.mutable_slow_only();  // thin, but for its last map: only C matters to a head
  backbone.set_stem_channels(2);
  auto& stage = *backbone.add_stages();
  stage.set_blocks(1);
  stage.set_channels(static_cast<int>(channels));
  stage.set_inner_channels(1);
  return BuildModel(config, device);
}

struct Case {
  std::string head;
  int64_t channels;
  int classes;
  int64_t parameters;  // of the head, counted in the public code
};

TEST(CountsTest, HeadsHaveAsManyParametersAsThePublicCode) {
  const std::vector<Case> cases = {
      {"acrn {}", 2304, 81, 58588497},  // mmaction2
      {"lfb {}", 2048, 80, 4404304},    // LFB
      {"lfb {}", 2304, 80, 4686928},
      {"lfb { layers: 3 }", 2048, 80, 5454928},
      {"lfb { layers: 3 }", 2304, 80, 5737552},
      {"lfb { operator: MAX }", 2048, 80, 2 * 2048 * 80 + 80},
      {"lfb { operator: AVERAGE bank_width: 100 }", 2048, 80, 2148 * 80 + 80},
      {"acar {}", 2304, 60, 25229312},  // ACAR-Net, R-50 and R-101
      {"acar { depth: 1 output_kernel: 1 }", 2304, 60, 13693952},
      // One more HR2O: four convolutions and a norm.
      {"acar { long_term {} }", 2304, 60, 25229312 + 4 * 9 * 512 * 512 + 2 * 512},
      {"aia { structure: PARALLEL }", 2304, 80, 49394256},  // AlphAction
      {"aia { structure: SERIAL }", 2304, 80, 42047056},
      {"aia {}", 2304, 80, 42061392},
      // Without the objects' reduction and two blocks of four maps.
      {"aia { structure: SERIAL objects: false }", 2304, 80,
       42047056 - (2304 * 1024 + 1024) - 8 * (1024 * 1024 + 1024)},
      {"context_average {}", 2304, 80, 2 * 2304 * 80 + 80},
  };
  for (const Case& expected : cases) {
    const auto detector = Build(expected.head, expected.channels, expected.classes);
    ASSERT_TRUE(detector.ok()) << detector.status();
    int64_t count = 0;
    for (const at::Tensor& parameter : (*detector)->head().parameters()) count += parameter.numel();
    EXPECT_EQ(count, expected.parameters) << expected.head << ", C = " << expected.channels;
  }
}

// Whole detectors on the meta device, which counting and the tree's configs rely on.
TEST(CountsTest, DetectorsGiveShapesOnTheMetaDevice) {
  for (const std::string head :
       {"acrn { width: 6 }", "lfb {}", "lfb { operator: AVERAGE }",
        "lfb { operator: MAX sampled_per_second: 5 }", "acar { long_term {} }", "aia {}",
        "aia { structure: PARALLEL padding { persons: 9 memory_per_second: 3 } }",
        "aia { asynchronous_memory: true }", "context_average {}"}) {
    const auto built = Build(head, 8, 5);
    ASSERT_TRUE(built.ok()) << built.status();
    ActionDetector& detector = **built;
    InputSize size = {2, 2, 64, 64};
    size.entries = 11;
    const DetectorOutput output = detector.Forward(MakeInput(size, detector.needs(), at::kMeta));
    EXPECT_EQ(output.logits.sizes(), (at::IntArrayRef{3, 5})) << head;
    EXPECT_EQ(output.G.sizes(), (at::IntArrayRef{3, detector.needs().relation_width})) << head;
  }
}

// In training mode, through backbone and RoIAlign: every parameter learns.
TEST(CountsTest, DetectorsTrain) {
  for (const std::string head : {"acrn { width: 6 }", "lfb { width: 4 }",
                                 "acar { reduced_width: 6 width: 4 bank_grid: 2 long_term {} }",
                                 "aia { width: 6 mlp_width: 4 objects: false }", "context_average {}"}) {
    torch::manual_seed(3);
    const auto built = Build(head, 8, 5, torch::kCPU);
    ASSERT_TRUE(built.ok()) << built.status();
    ActionDetector& detector = **built;
    {
      at::NoGradGuard no_grad;  // non-local layers start as the identity: nothing before learns at first
      for (at::Tensor& parameter : detector.head().parameters())
        parameter.add_(at::randn_like(parameter) * 0.1);
    }
    InputSize size = {2, 2, 64, 64};
    size.entries = 4;
    detector.Forward(MakeInput(size, detector.needs())).logits.square().sum().backward();
    for (const auto& parameter : detector.named_parameters()) {
      ASSERT_TRUE(parameter.value().grad().defined()) << head << " " << parameter.key();
      EXPECT_TRUE(parameter.value().grad().isfinite().all().item<bool>()) << head << " " << parameter.key();
    }
  }
}

TEST(CountsTest, AMemoryIsLeftOfEveryPersonAndOfNobody) {
  const auto built = Build("aia { asynchronous_memory: true }", 8, 5);
  ASSERT_TRUE(built.ok()) << built.status();
  (*built)->eval();
  const ModelNeeds needs = (*built)->needs();
  ASSERT_TRUE(needs.bank && needs.bank->own_memory);
  EXPECT_EQ(needs.bank->width, 8);
  for (const int64_t persons : {2, 0, 1}) {
    InputSize size = {2, 2, 64, 64};
    size.persons = persons;
    const DetectorOutput output = (*built)->Forward(MakeInput(size, needs, at::kMeta));
    EXPECT_EQ(output.logits.size(0), persons);
    EXPECT_EQ(output.memory.sizes(), at::IntArrayRef({persons, 8}));
    EXPECT_FALSE(output.memory.requires_grad());
  }
}

TEST(CountsTest, ErrorsNameFieldValueAndWhatIsAllowed) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"acar { depth: 0 }", "model.acar.depth is 0; allowed: 1 to 8"},
      {"acar { kernel: 2 }", "model.acar.kernel is 2; allowed: odd numbers from 1 to 31"},
      {"acar { width: -1 }", "model.acar.width is -1; allowed: 1 to 16384"},
      {"acar { bank_grid: 65 }", "model.acar.bank_grid is 65; allowed: 1 to 64"},
      {"acar { long_term { window_seconds: 0 } }",
       "model.acar.long_term.window_seconds is 0; allowed: 1 to 3600"},
      {"acrn { layers: 9 }", "model.acrn.layers is 9; allowed: 1 to 8"},
      {"acrn { dropout: nan }", "model.acrn.dropout is nan; allowed: 0 to 0.99"},
      {"lfb { operator: 7 }", "model.lfb.operator is 7; allowed: NON_LOCAL, AVERAGE, MAX"},
      {"lfb { operator: MAX layers: 2 }", "model.lfb.layers is set; allowed: only with operator NON_LOCAL"},
      {"lfb { operator: AVERAGE affine_norm: true }",
       "model.lfb.affine_norm is set; allowed: only with operator NON_LOCAL"},
      {"lfb { sample_in_evaluation: true }",
       "model.lfb.sample_in_evaluation is true; allowed: only with sampled_per_second"},
      {"lfb { sampled_per_second: -1 }", "model.lfb.sampled_per_second is -1; allowed: 0 to 1000"},
      {"lfb { bank_width: 0 }", "model.lfb.bank_width is 0; allowed: 1 to 65536"},
      {"aia { memory: false asynchronous_memory: true }",
       "model.aia.asynchronous_memory is true; allowed: only with memory"},
      {"aia { asynchronous_memory: true bank_width: 5 }",
       "model.aia.bank_width is 5; allowed: with asynchronous_memory the features' own, 8"},
      {"aia { structure: 4 }", "model.aia.structure is 4; allowed: SERIAL, DENSE_SERIAL, PARALLEL"},
      {"aia { padding { persons: -1 } }", "model.aia.padding.persons is -1; allowed: 0 to 1000"},
      {"aia { objects: false padding { objects: 5 } }",
       "model.aia.padding.objects is 5; allowed: 0, without objects"},
      {"context_average { dropout: 1 }", "model.context_average.dropout is 1; allowed: 0 to 0.99"},
  };
  for (const auto& [head, message] : cases) {
    const auto detector = Build(head, 8, 5);
    EXPECT_EQ(detector.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(detector.status().message(), message);
  }
}

}  // namespace
}  // namespace mrsn
