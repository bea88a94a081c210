#include "experiments/config/text_proto.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "ops/base/file.h"
#include "ops/base/parse_text.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::TextFormat;

int EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<int> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    int diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const int substituted = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

// The message type and every message type that it can hold.
void CollectTypes(const Descriptor* descriptor, std::vector<const Descriptor*>* types) {
  if (std::find(types->begin(), types->end(), descriptor) != types->end()) return;
  types->push_back(descriptor);
  for (int i = 0; i < descriptor->field_count(); ++i) {
    if (const Descriptor* held = descriptor->field(i)->message_type()) CollectTypes(held, types);
  }
}

std::vector<std::string> FieldNames(const Descriptor* type) {
  std::vector<std::string> names;
  for (int i = 0; i < type->field_count(); ++i) names.push_back(type->field(i)->name());
  return names;
}

// The part of `text` between the n-th pair of double quotes, counted from 0.
std::string Quoted(const std::string& text, int n) {
  size_t at = 0;
  for (int quote = 0; quote < 2 * n + 1; ++quote) {
    at = text.find('"', at);
    if (at == std::string::npos) return "";
    ++at;
  }
  const size_t end = text.find('"', at);
  return end == std::string::npos ? "" : text.substr(at, end - at);
}

// Near names of the same message; if there are none, a message that has the field.
std::string FieldHelp(const std::vector<const Descriptor*>& types, const std::string& type_name,
                      const std::string& field) {
  std::string elsewhere;
  for (const Descriptor* type : types) {
    if (type->full_name() == type_name) {
      const std::string near = DidYouMean(field, FieldNames(type));
      if (!near.empty()) return near;
    } else if (elsewhere.empty() && type->FindFieldByName(field) != nullptr) {
      elsewhere = absl::StrCat("; ", type->full_name(), " has one");
    }
  }
  return elsewhere;
}

std::string EnumHelp(const std::vector<const Descriptor*>& types, const std::string& field) {
  for (const Descriptor* type : types) {
    const FieldDescriptor* found = type->FindFieldByName(field);
    const EnumDescriptor* values = found == nullptr ? nullptr : found->enum_type();
    if (values == nullptr) continue;
    std::vector<std::string> names;
    for (int i = 0; i < values->value_count(); ++i) {
      if (values->value(i)->number() != 0) names.push_back(values->value(i)->name());
    }
    return absl::StrCat("; allowed: ", absl::StrJoin(names, ", "));
  }
  return "";
}

// A hint for two of protobuf 3.21's complaints; "" for the others.
std::string Help(const Descriptor* root, const std::string& complaint) {
  std::vector<const Descriptor*> types;
  CollectTypes(root, &types);
  if (absl::StrContains(complaint, "has no field named")) {
    return FieldHelp(types, Quoted(complaint, 0), Quoted(complaint, 1));
  }
  if (absl::StartsWith(complaint, "Unknown enumeration value")) return EnumHelp(types, Quoted(complaint, 1));
  return "";
}

void CollectPlaces(const Message& message, const TextFormat::ParseInfoTree& tree, const std::string& origin,
                   const std::string& prefix, FieldPlaces* places) {
  std::vector<const FieldDescriptor*> set;
  message.GetReflection()->ListFields(message, &set);
  for (const FieldDescriptor* field : set) {
    const bool repeated = field->is_repeated();
    const int count = repeated ? message.GetReflection()->FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      const int index = repeated ? i : -1;
      const TextFormat::ParseLocation location = tree.GetLocation(field, index);
      const std::string path = absl::StrCat(prefix, field->name(), repeated ? absl::StrCat("[", i, "]") : "");
      (*places)[path] = absl::StrCat(origin, ":", location.line + 1, ":", location.column + 1);
      if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
      const TextFormat::ParseInfoTree* nested = tree.GetTreeForNested(field, index);
      if (nested == nullptr) continue;
      CollectPlaces(repeated ? message.GetReflection()->GetRepeatedMessage(message, field, i)
                             : message.GetReflection()->GetMessage(message, field),
                    *nested, origin, path + ".", places);
    }
  }
}

}  // namespace

absl::Status ParseTextProto(absl::string_view text, const std::string& origin, Message* message,
                            FieldPlaces* places) {
  FirstError error;
  TextFormat::ParseInfoTree tree;
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.WriteLocationsTo(&tree);
  if (!parser.ParseFromString(std::string(text), message)) {
    if (error.message().empty()) {
      return absl::InvalidArgumentError(absl::StrCat(origin, ": not a text-format ", message->GetTypeName()));
    }
    return absl::InvalidArgumentError(absl::StrCat(origin, ":", error.place(), ": ",
                                                   absl::StripSuffix(error.message(), "."),
                                                   Help(message->GetDescriptor(), error.message())));
  }
  if (places != nullptr) CollectPlaces(*message, tree, origin, "", places);
  return absl::OkStatus();
}

absl::Status ReadTextProto(const std::string& path, Message* message, FieldPlaces* places) {
  MRSN_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  return ParseTextProto(text, ShownPath(path), message, places);
}

std::string PrintTextProto(const Message& message) {
  std::string text;
  TextFormat::PrintToString(message, &text);
  return text;
}

std::string PlaceOf(const FieldPlaces& places, absl::string_view path, absl::string_view otherwise) {
  while (!path.empty()) {
    const auto found = places.find(std::string(path));
    if (found != places.end()) return found->second;
    const size_t end = path.find_last_of(".[");
    path = end == absl::string_view::npos ? "" : path.substr(0, end);
  }
  return std::string(otherwise);
}

std::vector<std::string> NearestNames(absl::string_view name, const std::vector<std::string>& candidates) {
  const int allowed = name.size() < 4 ? 1 : std::max<int>(2, name.size() / 3);
  std::vector<std::pair<int, std::string>> near;
  for (const std::string& candidate : candidates) {
    int distance = EditDistance(name, candidate);
    if (!absl::StrContains(name, "/")) {
      distance = std::min(distance, EditDistance(name, candidate.substr(candidate.rfind('/') + 1)));
    }
    if (distance <= allowed) near.emplace_back(distance, candidate);
  }
  std::sort(near.begin(), near.end());
  std::vector<std::string> names;
  for (size_t i = 0; i < near.size() && i < 3; ++i) names.push_back(near[i].second);
  return names;
}

std::string DidYouMean(absl::string_view name, const std::vector<std::string>& candidates) {
  const std::vector<std::string> names = NearestNames(name, candidates);
  if (names.empty()) return "";
  const std::string last = names.back();
  const std::string others = absl::StrJoin(names.begin(), names.end() - 1, ", ");
  return absl::StrCat("; did you mean ", others, others.empty() ? "" : " or ", last, "?");
}

}  // namespace mrsn::experiments
