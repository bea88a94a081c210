#include "experiments/config/data_paths.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"

namespace mrsn::experiments {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kSomeFile[] = "<file>";

const std::map<std::string, StringMeaning>& Meanings() {
  static const auto* meanings = new std::map<std::string, StringMeaning>{
      {"mrsn.DatasetConfig.train_split", StringMeaning::kNotAFile},
      {"mrsn.DatasetConfig.inference_split", StringMeaning::kNotAFile},
      {"mrsn.ProposalConfig.object_boxes", StringMeaning::kOptionalFile},
      {"mrsn.Ucf24Config.annotations", StringMeaning::kFile},
      {"mrsn.Ucf24Config.detections", StringMeaning::kOptionalFile},
      {"mrsn.Ucf24Config.classes", StringMeaning::kFile},
      {"mrsn.Ucf24Config.frames", StringMeaning::kFile},
      {"mrsn.Ucf24Config.videos", StringMeaning::kFile},
      {"mrsn.Ucf24Config.frame_name", StringMeaning::kFile},
      {"mrsn.AvaConfig.version", StringMeaning::kNotAFile},
      {"mrsn.AvaConfig.train_annotations", StringMeaning::kFile},
      {"mrsn.AvaConfig.val_annotations", StringMeaning::kFile},
      {"mrsn.AvaConfig.train_excluded", StringMeaning::kFile},
      {"mrsn.AvaConfig.val_excluded", StringMeaning::kFile},
      {"mrsn.AvaConfig.train_boxes", StringMeaning::kFile},
      {"mrsn.AvaConfig.val_boxes", StringMeaning::kFile},
      {"mrsn.AvaConfig.label_map", StringMeaning::kFile},
      {"mrsn.AvaConfig.evaluated_label_map", StringMeaning::kFile},
      {"mrsn.AvaConfig.frames", StringMeaning::kFile},
      {"mrsn.AvaConfig.videos", StringMeaning::kFile},
      {"mrsn.AvaConfig.frame_name", StringMeaning::kFile},
      {"mrsn.Inputs.initialise_from", StringMeaning::kNotAFile},
      {"mrsn.Inputs.relation_bank_from", StringMeaning::kNotAFile},
      {"mrsn.Inputs.pretrained_backbone", StringMeaning::kOptionalFile},
      {"mrsn.Inputs.pretraining", StringMeaning::kNotAFile},
  };
  return *meanings;
}

void Forget(Message* message) {
  const auto& reflection = *message->GetReflection();
  std::vector<const FieldDescriptor*> set;
  reflection.ListFields(*message, &set);
  for (const FieldDescriptor* field : set) {
    if (field->is_repeated()) continue;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
      Forget(reflection.MutableMessage(message, field));
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) continue;
    const bool some = !reflection.GetString(*message, field).empty();
    switch (MeaningOf(*field)) {
      case StringMeaning::kNotAFile:
        break;
      case StringMeaning::kFile:
        if (some) reflection.ClearField(message, field);  // an empty one means that there is none
        break;
      case StringMeaning::kOptionalFile:
        if (some) {
          reflection.SetString(message, field, kSomeFile);
        } else {
          reflection.ClearField(message, field);
        }
        break;
    }
  }
}

// The file's name of an experiment outside the tree.
std::string NameOf(const std::string& experiment) {
  return absl::StartsWith(experiment, "/") ? experiment.substr(experiment.rfind('/') + 1) : experiment;
}

}  // namespace

StringMeaning MeaningOf(const FieldDescriptor& field) {
  const auto known = Meanings().find(field.full_name());
  return known == Meanings().end() ? StringMeaning::kNotAFile : known->second;
}

bool IsKnown(const FieldDescriptor& field) { return Meanings().count(field.full_name()) > 0; }

void ForgetPlacesOfFiles(DatasetConfig* data) { Forget(data); }

void ForgetPlacesOfFiles(Experiment* experiment) {
  if (experiment->has_train_data()) Forget(experiment->mutable_train_data());
  if (experiment->has_eval_data()) Forget(experiment->mutable_eval_data());
  if (!experiment->has_inputs()) return;
  Inputs& inputs = *experiment->mutable_inputs();
  Forget(&inputs);
  if (inputs.has_initialise_from()) inputs.set_initialise_from(NameOf(inputs.initialise_from()));
  if (inputs.has_relation_bank_from()) inputs.set_relation_bank_from(NameOf(inputs.relation_bank_from()));
}

}  // namespace mrsn::experiments
