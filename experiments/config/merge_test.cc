#include "experiments/config/merge.h"

#include <gtest/gtest.h>

#include "experiments/config/text_proto.h"
#include "experiments/experiment.pb.h"

namespace mrsn::experiments {
namespace {

Experiment Parse(const std::string& text) {
  Experiment experiment;
  const absl::Status status = ParseTextProto(text, "test", &experiment);
  EXPECT_TRUE(status.ok()) << status;
  return experiment;
}

// `child` over `parent`, as canonical text.
std::string Merged(const std::string& parent, const std::string& child) {
  Experiment merged = Parse(parent);
  MergeOver(Parse(child), &merged);
  return PrintTextProto(merged);
}

std::string Text(const std::string& text) { return PrintTextProto(Parse(text)); }

TEST(MergeOver, ScalarsAreReplacedAndOthersKept) {
  EXPECT_EQ(Merged("train { epochs: 6 batch_size: 16 }", "train { epochs: 5 }"),
            Text("train { epochs: 5 batch_size: 16 }"));
}

TEST(MergeOver, FalseAndZeroWin) {
  EXPECT_EQ(Merged("train { nesterov: true warmup_epochs: 2 }", "train { nesterov: false warmup_epochs: 0 }"),
            Text("train { nesterov: false warmup_epochs: 0 }"));
}

TEST(MergeOver, ListsReplaceListsAtAnyDepth) {
  EXPECT_EQ(Merged("train { decay_epochs: 5.6 decay_epochs: 5.8 }", "train { decay_epochs: 4.8 }"),
            Text("train { decay_epochs: 4.8 }"));
  EXPECT_EQ(Merged("model { slow_only { stages { blocks: 3 channels: 8 } stages { blocks: 4 } } }",
                   "model { slow_only { stages { blocks: 1 } } }"),
            Text("model { slow_only { stages { blocks: 1 } } }"));
}

TEST(MergeOver, ListsNotSetByTheChildStay) {
  EXPECT_EQ(Merged("train { decay_epochs: 5.6 decay_epochs: 5.8 }", "train { epochs: 7 }"),
            Text("train { decay_epochs: 5.6 decay_epochs: 5.8 epochs: 7 }"));
}

TEST(MergeOver, AnotherCaseOfAOneofReplacesTheWholeCase) {
  EXPECT_EQ(Merged("model { mrsn { width: 64 acre {} } }", "model { linear { dropout: 0.1 } }"),
            Text("model { linear { dropout: 0.1 } }"));
}

TEST(MergeOver, TheSameCaseMerges) {
  EXPECT_EQ(Merged("model { mrsn { width: 64 acre {} } }", "model { mrsn { aare {} } }"),
            Text("model { mrsn { width: 64 acre {} aare {} } }"));
}

std::string Cleared(const std::string& path, const std::string& text) {
  Experiment experiment = Parse(text);
  const absl::Status status = ClearField(path, &experiment);
  return status.ok() ? PrintTextProto(experiment) : std::string(status.message());
}

TEST(ClearField, FieldsMessagesListsAndOneofs) {
  EXPECT_EQ(Cleared("model.mrsn.rse", "model { mrsn { acre {} rse {} } }"),
            Text("model { mrsn { acre {} } }"));
  EXPECT_EQ(Cleared("train", "train { epochs: 1 } eval { iou: 0.5 }"), Text("eval { iou: 0.5 }"));
  EXPECT_EQ(Cleared("train.decay_epochs", "train { decay_epochs: 1 epochs: 2 }"),
            Text("train { epochs: 2 }"));
  EXPECT_EQ(Cleared("model.mrsn.consensus", "model { mrsn { long_term {} } }"), Text("model { mrsn {} }"));
}

TEST(ClearField, WhatIsNotSetStaysSo) {
  EXPECT_EQ(Cleared("model.mrsn.rse", "eval { iou: 0.5 }"), Text("eval { iou: 0.5 }"));
}

TEST(ClearField, UnknownPathsNameTheNearest) {
  EXPECT_EQ(Cleared("model.mrsm.rse", ""),
            "clear: \"model.mrsm.rse\": mrsn.ModelConfig has no field 'mrsm'; did you mean mrsn?");
  EXPECT_EQ(Cleared("trian", ""),
            "clear: \"trian\": mrsn.Experiment has no field 'trian'; did you mean train?");
  EXPECT_EQ(Cleared("", ""), "clear: \"\": mrsn.Experiment has no field ''");
  EXPECT_EQ(Cleared("train.epochs.first", ""),
            "clear: \"train.epochs.first\": epochs has no fields of its own");
  EXPECT_EQ(Cleared("model.slow_only.stages.blocks", ""),
            "clear: \"model.slow_only.stages.blocks\": stages has no fields of its own");
  // proto3 wraps `optional` in a oneof called _epochs; that is no name of ours.
  EXPECT_EQ(Cleared("train._epochs", ""),
            "clear: \"train._epochs\": mrsn.TrainConfig has no field '_epochs'; did you mean epochs?");
}

}  // namespace
}  // namespace mrsn::experiments
