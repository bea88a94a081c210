#include "experiments/config/merge.h"

#include <google/protobuf/descriptor.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "experiments/config/text_proto.h"

namespace mrsn::experiments {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;

// Empties the parent's lists wherever the child has one.
void ClearReplacedLists(const Message& child, Message* parent) {
  std::vector<const FieldDescriptor*> set;
  child.GetReflection()->ListFields(child, &set);
  for (const FieldDescriptor* field : set) {
    if (field->is_repeated()) {
      parent->GetReflection()->ClearField(parent, field);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
               parent->GetReflection()->HasField(*parent, field)) {
      ClearReplacedLists(child.GetReflection()->GetMessage(child, field),
                         parent->GetReflection()->MutableMessage(parent, field));
    }
  }
}

std::vector<std::string> FieldNames(const Descriptor* descriptor) {
  std::vector<std::string> names;
  for (int i = 0; i < descriptor->field_count(); ++i) names.push_back(descriptor->field(i)->name());
  for (int i = 0; i < descriptor->real_oneof_decl_count(); ++i) {
    names.push_back(descriptor->oneof_decl(i)->name());
  }
  return names;
}

// Real oneofs only: proto3's `optional` is one under a name of its own.
const OneofDescriptor* FindOneof(const Descriptor* descriptor, const std::string& name) {
  for (int i = 0; i < descriptor->real_oneof_decl_count(); ++i) {
    if (descriptor->oneof_decl(i)->name() == name) return descriptor->oneof_decl(i);
  }
  return nullptr;
}

}  // namespace

absl::Status ClearField(const std::string& path, Message* message) {
  const std::vector<std::string> steps = absl::StrSplit(path, '.');
  // The whole path is checked, also below a message that is not set.
  const Descriptor* descriptor = message->GetDescriptor();
  for (size_t i = 0; i < steps.size(); ++i) {
    if (descriptor == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("clear: \"", path, "\": ", steps[i - 1], " has no fields of its own"));
    }
    if (i + 1 == steps.size() && FindOneof(descriptor, steps[i]) != nullptr) break;
    const FieldDescriptor* field = descriptor->FindFieldByName(steps[i]);
    if (field == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("clear: \"", path, "\": ", descriptor->full_name(),
                                                     " has no field '", steps[i], "'",
                                                     DidYouMean(steps[i], FieldNames(descriptor))));
    }
    descriptor = field->is_repeated() ? nullptr : field->message_type();
  }
  for (size_t i = 0; i + 1 < steps.size(); ++i) {
    const FieldDescriptor* field = message->GetDescriptor()->FindFieldByName(steps[i]);
    if (!message->GetReflection()->HasField(*message, field)) return absl::OkStatus();
    message = message->GetReflection()->MutableMessage(message, field);
  }
  if (const OneofDescriptor* oneof = FindOneof(message->GetDescriptor(), steps.back())) {
    message->GetReflection()->ClearOneof(message, oneof);
  } else {
    message->GetReflection()->ClearField(message, message->GetDescriptor()->FindFieldByName(steps.back()));
  }
  return absl::OkStatus();
}

void MergeOver(const Message& child, Message* parent) {
  ClearReplacedLists(child, parent);
  parent->MergeFrom(child);
}

}  // namespace mrsn::experiments
