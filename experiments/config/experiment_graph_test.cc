#include "experiments/config/experiment_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ExperimentGraphTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = absl::StrCat(::testing::TempDir(), "/",
                         ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(root_);
    Write("pre", "model { num_classes: 3 slow_only {} mrsn { width: 64 } }\ntrain { batch_norm: TRAINED }");
    Write("short", "base: \"pre\"\ninputs { initialise_from: \"pre\" }");
    Write("long",
          "base: \"short\"\nmodel { mrsn { long_term {} } }\ninputs { relation_bank_from: \"short\" }");
  }

  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFileAtomically(absl::StrCat(root_, "/", name, ".textproto"), text).ok());
  }

  // The message of the error, with the root folder written as R.
  std::string ErrorOf(const RunRequest& request) {
    const auto node = ExperimentGraph(root_).Add(request);
    return node.ok() ? "no error" : absl::StrReplaceAll(node.status().message(), {{root_, "R"}});
  }

  // "label@seed" of every run, in order.
  static std::vector<std::string> Runs(const ExperimentGraph& graph) {
    std::vector<std::string> runs;
    for (const auto& node : graph.nodes()) runs.push_back(absl::StrCat(node->label, "@", node->seed));
    return runs;
  }

  std::string root_;
};

TEST_F(ExperimentGraphTest, ARunComesAfterTheRunsItNeeds) {
  ExperimentGraph graph(root_);
  EXPECT_THAT(Runs(graph), IsEmpty());
  const auto node = graph.Add({"long", "", "", 3});
  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_THAT(Runs(graph), ElementsAre("pre@0", "short@3", "long@3"));
  const RunNode& reader = **node;
  EXPECT_EQ(reader.initial, graph.nodes()[0]);
  EXPECT_EQ(reader.bank_writer, graph.nodes()[1]);
  EXPECT_EQ(reader.bank_writer->initial, reader.initial);
  EXPECT_EQ(reader.bank_writer->bank_writer, nullptr);
}

TEST_F(ExperimentGraphTest, ARunIsThereOnceAndItsConfigIsResolvedOnce) {
  ExperimentGraph graph(root_);
  ASSERT_TRUE(graph.Add({"long", "", "", 0}).ok());
  // No file is read again: the graph goes on without them.
  std::filesystem::remove_all(root_);
  const auto again = graph.Add({"long", "", "", 0});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(*again, graph.nodes().back());
  ASSERT_TRUE(graph.Add({"long", "", "", 1}).ok());
  EXPECT_THAT(Runs(graph), ElementsAre("pre@0", "short@0", "long@0", "short@1", "long@1"));
  EXPECT_EQ(graph.nodes()[2]->resolved, graph.nodes()[4]->resolved);
}

TEST_F(ExperimentGraphTest, AnOverrideChangesTheAskedRunAndNotTheRunsItNeeds) {
  ExperimentGraph graph(root_);
  const auto node = graph.Add({"short", "train { epochs: 1 }", "", 0});
  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_EQ((*node)->resolved->experiment.train().epochs(), 1);
  EXPECT_EQ((*node)->label, absl::StrCat("short@", (*node)->resolved->fingerprint.substr(0, 8)));
  EXPECT_EQ((*node)->override_text, "train { epochs: 1 }");
  EXPECT_NE((*node)->initial->resolved->experiment.train().epochs(), 1);
  EXPECT_EQ((*node)->initial->override_text, "");
  // One config under two labels is two runs: each has a folder of its own.
  const auto named = graph.Add({"short", "train { epochs: 1 }", "short@epochs=1", 0});
  ASSERT_TRUE(named.ok()) << named.status();
  EXPECT_EQ((*named)->label, "short@epochs=1");
  EXPECT_EQ((*named)->resolved, (*node)->resolved);
}

TEST_F(ExperimentGraphTest, AnOverrideOfPlacesOnlyKeepsTheLabel) {
  Write("data", "base: \"pre\"\neval_data { ucf24 { detections: \"a.csv\" } }");
  ExperimentGraph graph(root_);
  const auto moved = graph.Add({"data", "eval_data { ucf24 { detections: \"b.csv\" } }", "", 0});
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_EQ((*moved)->label, "data");
  EXPECT_EQ((*moved)->resolved->experiment.eval_data().ucf24().detections(), "b.csv");
}

TEST_F(ExperimentGraphTest, AFileOutsideTheTreeGivesItsNameToTheRun) {
  const std::string user = root_ + ".user";
  ASSERT_TRUE(WriteFileAtomically(user + "/own.textproto", "base: \"pre\"").ok());
  ASSERT_TRUE(WriteFileAtomically(user + "/mine.textproto",
                                  "base: \"short\"\ninputs { initialise_from: \"own.textproto\" }")
                  .ok());
  ExperimentGraph graph(root_);
  const auto node = graph.Add({user + "/mine.textproto", "", "", 2});
  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_THAT(Runs(graph), ElementsAre("own@0", "mine@2"));
}

TEST_F(ExperimentGraphTest, ACycleIsAnErrorThatNamesTheClosingEdge) {
  Write("pre",
        "model { num_classes: 3 slow_only {} mrsn { width: 64 } }\ninputs {\n  initialise_from: \"long\" }");
  EXPECT_EQ(ErrorOf({"long", "", ""}),
            "R/pre.textproto:3:3: inputs.initialise_from: the inputs form a cycle: long -> pre -> long");
  Write(
      "self",
      "model { num_classes: 3 slow_only {} mrsn { long_term {} } }\ninputs { relation_bank_from: \"self\" }\n"
      "train { batch_norm: TRAINED }");
  EXPECT_EQ(ErrorOf({"self", "", ""}),
            "R/self.textproto:2:10: inputs.relation_bank_from: the inputs form a cycle: self -> self");
}

TEST_F(ExperimentGraphTest, ErrorsOfConfigsAreThoseOfLoadExperiment) {
  EXPECT_EQ(ErrorOf({"shrt", "", ""}),
            "unknown experiment 'shrt': there is no R/shrt.textproto; did you mean short?");
  EXPECT_EQ(ErrorOf({"short", "inputs { initialise_from: \"none\" }", ""}),
            "override:1:10: inputs.initialise_from: unknown experiment 'none': there is no "
            "R/none.textproto; did you mean long?");
}

}  // namespace
}  // namespace mrsn::experiments
