#include "third_party/checks/dependency_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mrsn::checks {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(EdgesOfBuildFile, DependenciesOnly) {
  const auto edges = EdgesOfBuildFile("eval/io", R"(
# "//mrsn:in_a_comment"
load("//third_party:mrsn.bzl", "mrsn_cc_library")

package(default_visibility = ["//experiments:__pkg__"])

mrsn_cc_library(
    name = "lines",
    visibility = [
        "//ablations:__subpackages__",
    ],
    deps = [
        ":text_file",
        "//ops/base:file",  # "//mrsn:again"
    ] + select({"//third_party/cuda:enabled": ["@cuda//:cudart"]}),
)
)");
  ASSERT_EQ(edges.size(), 3);
  EXPECT_EQ(edges[0].from, "//eval/io:BUILD");
  EXPECT_EQ(edges[0].to, "//ops/base:file");
  EXPECT_EQ(edges[0].where, "eval/io/BUILD:14");
  EXPECT_EQ(edges[1].to, "//third_party/cuda:enabled");
  EXPECT_EQ(edges[2].to, "@cuda//:cudart");
}

TEST(EdgesOfGraph, Arrows) {
  const auto edges = EdgesOfGraph(
      "digraph mygraph {\n  node [shape=box];\n  \"//eval:a\"\n  \"//eval:a\" -> \"//ops/base:box\"\n}\n");
  ASSERT_EQ(edges.size(), 1);
  EXPECT_EQ(edges[0].from, "//eval:a");
  EXPECT_EQ(edges[0].to, "//ops/base:box");
}

TEST(Offences, TheOrderOfRoomsMayBeSkippedNotReversed) {
  EXPECT_THAT(Offences({{"//ablations:a", "//ops/base:b", ""},
                        {"//experiments/run:a", "//mrsn:b", ""},
                        {"//mrsn:a", "//mrsn/backbone:b", ""},
                        {"//mrsn:a", "//third_party:libtorch", ""},
                        {"//datasets:a", "@opencv//:opencv", ""}}),
              IsEmpty());
  EXPECT_THAT(Offences({{"//ops/base:a", "//mrsn:b", "ops/base/BUILD:3"}}),
              ElementsAre("ops/base/BUILD:3: //ops/base:a -> //mrsn:b: ops must not depend on mrsn"));
  EXPECT_THAT(Offences({{"//experiments:a", "//ablations:b", ""}}),
              ElementsAre("//experiments:a -> //ablations:b: experiments must not depend on ablations"));
  EXPECT_THAT(Offences({{"//third_party:a", "//ops/base:b", ""}}),
              ElementsAre("//third_party:a -> //ops/base:b: third_party must not depend on ops"));
}

TEST(Offences, TheThreeRoomsNeverSeeEachOther) {
  EXPECT_THAT(Offences({{"//mrsn:a", "//datasets:b", ""},
                        {"//datasets/ava:a", "//eval/io:b", ""},
                        {"//eval:a", "//mrsn:b", ""}}),
              ElementsAre("//mrsn:a -> //datasets:b: mrsn must not depend on datasets",
                          "//datasets/ava:a -> //eval/io:b: datasets must not depend on eval",
                          "//eval:a -> //mrsn:b: eval must not depend on mrsn"));
}

TEST(Offences, TheEngineKnowsNoExperiment) {
  EXPECT_THAT(Offences({{"//experiments/engine:a", "//experiments:train_config_cc", ""},
                        {"//experiments/engine:a", "//experiments/engine:b", ""},
                        {"//experiments/engine:a", "//mrsn:detector", ""},
                        {"//experiments/run:a", "//experiments:experiment_cc", ""}}),
              IsEmpty());
  EXPECT_THAT(
      Offences({{"//experiments/engine:a", "//experiments:experiment_cc", ""},
                {"//experiments/engine:a", "//experiments/run:run_settings", ""}}),
      ElementsAre("//experiments/engine:a -> //experiments:experiment_cc: experiments/engine must know no "
                  "experiment by name and no folder of a run",
                  "//experiments/engine:a -> //experiments/run:run_settings: experiments/engine must know no "
                  "experiment by name and no folder of a run"));
}

TEST(Offences, LibTorchInEval) {
  EXPECT_THAT(
      Offences({{"//eval:a", "//third_party:libtorch", ""}}),
      ElementsAre("//eval:a -> //third_party:libtorch: LibTorch is reached from eval, which must build "
                  "without it"));
  EXPECT_THAT(
      Offences({{"//eval/complexity:a", "//third_party:libtorch", ""}, {"//mrsn:a", "@libtorch//:x", ""}}),
      IsEmpty());
  // Through another package, and whatever the order of the edges.
  EXPECT_THAT(
      Offences({{"//ops/roi_align:b", "@libtorch//:headers", ""}, {"//eval/io:a", "//ops/roi_align:b", ""}}),
      ElementsAre("//ops/roi_align:b -> @libtorch//:headers: LibTorch is reached from eval/io, which must "
                  "build without it"));
  EXPECT_THAT(
      Offences({{"//ops/base:a", "//third_party:libtorch_cuda", ""}}),
      ElementsAre("//ops/base:a -> //third_party:libtorch_cuda: LibTorch is reached from ops/base, which "
                  "must build without it"));
}

}  // namespace
}  // namespace mrsn::checks
