// The defaults that the comments of train_config.proto and eval_config.proto promise are those of
// FillDefaults.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/text_format.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "experiments/config/validate.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/testing/proto_defaults.h"

namespace mrsn::experiments {
namespace {

std::map<std::string, std::string> FieldsOf(const google::protobuf::Message& message) {
  std::map<std::string, std::string> fields;
  std::vector<const google::protobuf::FieldDescriptor*> set;
  message.GetReflection()->ListFields(message, &set);
  for (const auto* field : set) {
    google::protobuf::TextFormat::PrintFieldValueToString(message, field, -1, &fields[field->full_name()]);
  }
  return fields;
}

// Those of one message.
std::map<std::string, std::string> Documented(const std::string& path, const std::string& message) {
  const auto proto = ReadFile(path);
  EXPECT_TRUE(proto.ok()) << proto.status();
  std::map<std::string, std::string> fields;
  if (!proto.ok()) return fields;
  for (const auto& [field, words] : DocumentedDefaults(*proto)) {
    if (absl::StartsWith(field, message + ".")) fields[field] = words;
  }
  return fields;
}

TEST(TrainDefaultsTest, CommentsOfTheProtoFiles) {
  Experiment experiment;
  FillDefaults(&experiment);
  std::map<std::string, std::string> train = Documented("experiments/train_config.proto", "mrsn.TrainConfig");
  EXPECT_EQ(train.erase("mrsn.TrainConfig.freeze_batch_norm"), 1) << "an old name, which is never filled in";
  train.erase("mrsn.TrainConfig.accumulate");        // stays unset
  train.erase("mrsn.TrainConfig.unreadable_clips");  // stay unset
  train.erase("mrsn.TrainConfig.most_unreadable");
  train.erase("mrsn.TrainConfig.evaluate_every_epochs");
  train.erase("mrsn.TrainConfig.evaluate_every_nth_keyframe");
  train.erase("mrsn.TrainConfig.skip_nan_batches");
  train.erase("mrsn.TrainConfig.frozen_backbone");
  for (const char* field : {"precision", "loss_scaling", "tf32", "cudnn_autotune", "ema_decay",
                            "sync_batch_norm", "activation_checkpointing"}) {
    EXPECT_EQ(train.erase(absl::StrCat("mrsn.TrainConfig.", field)), 1) << field;  // stay unset
  }
  EXPECT_EQ(FieldsOf(experiment.train()), train);
  std::map<std::string, std::string> eval = Documented("experiments/eval_config.proto", "mrsn.EvalConfig");
  EXPECT_EQ(eval.erase("mrsn.EvalConfig.box_noise"), 1) << "stays unset";
  EXPECT_EQ(FieldsOf(experiment.eval()), eval);
  EXPECT_EQ(FieldsOf(experiment.train()).size(), 13);
}

}  // namespace
}  // namespace mrsn::experiments
