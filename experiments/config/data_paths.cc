#include "experiments/config/data_paths.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "ops/base/path_kind.pb.h"

namespace mrsn::experiments {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kSomeFile[] = "<file>";

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
    switch (field->options().GetExtension(path_kind)) {
      case PATH:
        if (some) reflection.ClearField(message, field);  // an empty one means that there is none
        break;
      case OPTIONAL_PATH:
        if (some) {
          reflection.SetString(message, field, kSomeFile);
        } else {
          reflection.ClearField(message, field);
        }
        break;
      default:
        break;
    }
  }
}

// The file's name of an experiment outside the tree.
std::string NameOf(const std::string& experiment) {
  return absl::StartsWith(experiment, "/") ? experiment.substr(experiment.rfind('/') + 1) : experiment;
}

}  // namespace

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
