// The defaults that model_config.proto's comments promise are the options' own.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "mrsn/model_config.pb.h"
#include "mrsn/model_options.h"
#include "ops/base/config_reader.h"
#include "ops/base/file.h"
#include "ops/testing/proto_defaults.h"

namespace mrsn {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Sets every message inside, so that its fields are read, too; but none of a list or a oneof.
void SetMessages(Message* message) {
  for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message->GetDescriptor()->field(i);
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field->is_repeated()) continue;
    if (field->real_containing_oneof() != nullptr) continue;
    SetMessages(message->GetReflection()->MutableMessage(message, field));
  }
}

// A model of every head.
std::vector<ModelConfig> Heads() {
  std::vector<ModelConfig> models;
  const auto& heads = *ModelConfig::descriptor()->FindOneofByName("head");
  for (int i = 0; i < heads.field_count(); ++i) {
    ModelConfig& model = models.emplace_back();
    model.set_num_classes(80);
    SetMessages(model.GetReflection()->MutableMessage(&model, heads.field(i)));
    // A detector that finds boxes itself refuses it.
    ModelConfig with_backbone = model;
    with_backbone.mutable_slow_only();
    if (ReadModel(with_backbone).ok()) model = with_backbone;
  }
  return models;
}

// A model of every backbone that needs no field, with the linear head; kModels has the others.
std::vector<ModelConfig> Backbones() {
  std::vector<ModelConfig> models;
  const auto& backbones = *ModelConfig::descriptor()->FindOneofByName("backbone");
  for (int i = 0; i < backbones.field_count(); ++i) {
    ModelConfig& model = models.emplace_back();
    model.set_num_classes(80);
    model.mutable_linear();
    model.GetReflection()->MutableMessage(&model, backbones.field(i));
    if (!ReadModel(model).ok()) models.pop_back();
  }
  return models;
}

// Together with Heads() and Backbones() they read every message. A stage has 6 blocks and 256 channels.
constexpr const char* kModels[] = {
    "slow_only { stages { blocks: 6 channels: 256 } nonlocal { stage: 2 after_blocks: 0 } } linear {}",
    "slow_fast {} roi {} linear {}",
    "inception { last: MIXED_5C } linear {}",
    "two_stream { rgb { resnet {} } } mrsn { acre {} aare {} rse {} short_term {} }",
    "slow_only {} mrsn { acre {} long_term {} }",
    "step { grids { size: 1 } }",
};

// Defaults that depend on other fields, for the models above.
const std::map<std::string, std::string> kWords = {{"C", "2048"}, {"channels / 4", "64"}, {"blocks", "6"}};

TEST(ConfigDefaultsTest, CommentsOfTheProtoFile) {
  std::vector<ModelConfig> models = Heads();
  for (ModelConfig& model : Backbones()) models.push_back(std::move(model));
  for (const char* text : kModels) {
    ModelConfig& model = models.emplace_back();
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &model)) << text;
    model.set_num_classes(80);
  }
  DefaultsSeen seen;
  for (const ModelConfig& model : models) {
    const auto read = ReadModel(model);
    ASSERT_TRUE(read.ok()) << model.ShortDebugString() << ": " << read.status();
  }
  const auto proto = ReadFile("mrsn/model_config.proto");
  ASSERT_TRUE(proto.ok()) << proto.status();
  std::map<std::string, std::string> documented;
  for (const auto& [field, words] : DocumentedDefaults(*proto)) {
    const auto word = kWords.find(words);
    if (!words.empty()) documented[field] = word == kWords.end() ? words : word->second;
  }
  ASSERT_GT(documented.size(), 90);
  EXPECT_EQ(seen.fields(), documented);
}

}  // namespace
}  // namespace mrsn
