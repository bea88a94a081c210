#include "experiments/config/text_proto.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

using google::protobuf::Descriptor;
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

// Field names of a message and of everything it can hold.
void CollectFieldNames(const Descriptor* descriptor, std::set<const Descriptor*>* seen,
                       std::set<std::string>* names) {
  if (!seen->insert(descriptor).second) return;
  for (int i = 0; i < descriptor->field_count(); ++i) {
    names->insert(descriptor->field(i)->name());
    if (descriptor->field(i)->message_type() != nullptr) {
      CollectFieldNames(descriptor->field(i)->message_type(), seen, names);
    }
  }
}

// Keeps the first error; protobuf reports follow-ups of it, too.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  FirstError(const std::string& origin, const Descriptor* root) : origin_(origin), root_(root) {}

  void AddError(int line, google::protobuf::io::ColumnNumber column, const std::string& message) override {
    if (!status_.ok()) return;
    std::string text = absl::StrCat(origin_, ":", line + 1, ":", column + 1, ": ", message);
    // `Message type "mrsn.X" has no field named "y".`
    const size_t at = message.find("has no field named \"");
    if (at != std::string::npos) {
      const std::string name = message.substr(at + 20, message.rfind('"') - at - 20);
      std::set<const Descriptor*> seen;
      std::set<std::string> names;
      CollectFieldNames(root_, &seen, &names);
      absl::StrAppend(&text, DidYouMean(name, {names.begin(), names.end()}));
    }
    status_ = absl::InvalidArgumentError(text);
  }

  const absl::Status& status() const { return status_; }

 private:
  const std::string origin_;
  const Descriptor* root_;
  absl::Status status_;
};

}  // namespace

absl::Status ParseTextProto(absl::string_view text, const std::string& origin,
                            google::protobuf::Message* message) {
  FirstError errors(origin, message->GetDescriptor());
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  const bool parsed = parser.ParseFromString(std::string(text), message);
  if (parsed) return absl::OkStatus();
  if (!errors.status().ok()) return errors.status();
  return absl::InvalidArgumentError(absl::StrCat(origin, ": is not a text-format ", message->GetTypeName()));
}

absl::Status ReadTextProto(const std::string& path, google::protobuf::Message* message) {
  MRSN_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  return ParseTextProto(text, path, message);
}

std::string PrintTextProto(const google::protobuf::Message& message) {
  std::string text;
  TextFormat::PrintToString(message, &text);
  return text;
}

std::vector<std::string> NearestNames(absl::string_view name, const std::vector<std::string>& candidates) {
  std::vector<std::pair<int, std::string>> near;
  for (const std::string& candidate : candidates) {
    const int distance = EditDistance(name, candidate);
    const int allowed = std::max<int>(2, name.size() / 3);
    if (distance <= allowed) near.emplace_back(distance, candidate);
  }
  std::sort(near.begin(), near.end());
  std::vector<std::string> names;
  for (size_t i = 0; i < near.size() && i < 3; ++i) names.push_back(near[i].second);
  return names;
}

std::string DidYouMean(absl::string_view name, const std::vector<std::string>& candidates) {
  const std::vector<std::string> names = NearestNames(name, candidates);
  return names.empty() ? "" : absl::StrCat("; did you mean ", absl::StrJoin(names, ", "), "?");
}

}  // namespace mrsn::experiments
