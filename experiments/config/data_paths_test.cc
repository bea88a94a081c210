#include "experiments/config/data_paths.h"

#include <google/protobuf/text_format.h>

#include <set>
#include <string>

#include "gtest/gtest.h"
#include "ops/base/path_kind.pb.h"

namespace mrsn::experiments {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

Experiment Parse(const std::string& text) {
  Experiment experiment;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &experiment)) << text;
  return experiment;
}

std::string Forgotten(const std::string& text) {
  Experiment experiment = Parse(text);
  ForgetPlacesOfFiles(&experiment);
  return experiment.DebugString();
}

void CollectUnknown(const Descriptor* type, std::set<const Descriptor*>* seen,
                    std::set<std::string>* unknown) {
  if (!seen->insert(type).second) return;
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    if (field->message_type() != nullptr) CollectUnknown(field->message_type(), seen, unknown);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
        field->options().GetExtension(path_kind) == PATH_KIND_UNSPECIFIED) {
      unknown->insert(field->full_name());
    }
  }
}

TEST(DataPathsTest, EveryStringIsKnown) {
  std::set<const Descriptor*> seen;
  std::set<std::string> unknown;
  CollectUnknown(DatasetConfig::descriptor(), &seen, &unknown);
  CollectUnknown(Inputs::descriptor(), &seen, &unknown);
  EXPECT_EQ(unknown, std::set<std::string>()) << "these fields need the option path_kind";
}

TEST(DataPathsTest, PlacesDoNotCount) {
  EXPECT_EQ(Forgotten("eval_data { ava { val_boxes: 'a.csv' frames: 'jpg' version: 'v2.1' } }"),
            Forgotten("eval_data { ava { label_map: 'm.pbtxt' version: 'v2.1' } }"));
  EXPECT_EQ(Forgotten("train_data { ucf24 { detections: 'a.csv' annotations: 'b.csv' } }"),
            Forgotten("train_data { ucf24 { detections: 'c.csv' } }"));
  EXPECT_EQ(Forgotten("eval_data { proposals { object_boxes: 'a.csv' } }"),
            Forgotten("eval_data { proposals { object_boxes: 'b.csv' } }"));
  EXPECT_EQ(Forgotten("inputs { pretrained_backbone: 'a.pyth' pretraining: 'K400' }"),
            Forgotten("inputs { pretrained_backbone: 'b.pkl' pretraining: 'K400' }"));
}

TEST(DataPathsTest, WhetherThereIsAFileCounts) {
  EXPECT_NE(Forgotten("eval_data { ava { val_boxes: '' } }"), Forgotten("eval_data { ava {} }"));
  EXPECT_NE(Forgotten("train_data { ucf24 { detections: 'a.csv' } }"), Forgotten("train_data { ucf24 {} }"));
  EXPECT_EQ(Forgotten("train_data { ucf24 { detections: '' } }"), Forgotten("train_data { ucf24 {} }"));
  EXPECT_NE(Forgotten("inputs { pretrained_backbone: 'a' }"), Forgotten("inputs {}"));
  EXPECT_NE(Forgotten("inputs { pretrained_backbone: 'a' pretraining: 'K400' }"),
            Forgotten("inputs { pretrained_backbone: 'a' pretraining: 'K600' }"));
  EXPECT_NE(Forgotten("eval_data { inference_split: 'a' }"), Forgotten("eval_data { inference_split: 'b' }"));
}

}  // namespace
}  // namespace mrsn::experiments
