#include "experiments/tables/table_results.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "absl/strings/str_cat.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// A copy of `message` with no other field than `field`.
std::unique_ptr<Message> Only(const Message& message, const FieldDescriptor* field) {
  std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  for (int f = 0; f < message.GetDescriptor()->field_count(); ++f) {
    const FieldDescriptor* other = message.GetDescriptor()->field(f);
    if (other != field) copy->GetReflection()->ClearField(copy.get(), other);
  }
  return copy;
}

// Numbers that belong to a run even when a table has only one.
bool StaysWithTheRun(const FieldDescriptor& field) {
  return field.name() == "seed" || field.name() == "weights_hash" || field.name() == "frame_map" ||
         field.name() == "clips_per_second";
}

// Moves the fields that are set and equal in all `messages` to `common`.
void MoveCommonFields(const std::vector<Message*>& messages, Message* common) {
  if (messages.empty()) return;
  for (int f = 0; f < common->GetDescriptor()->field_count(); ++f) {
    const FieldDescriptor* field = common->GetDescriptor()->field(f);
    if (field->is_repeated() || StaysWithTheRun(*field)) continue;
    const std::unique_ptr<Message> first = Only(*messages[0], field);
    if (!first->GetReflection()->HasField(*first, field)) continue;
    if (!std::all_of(messages.begin(), messages.end(), [&](const Message* message) {
          return MessageDifferencer::Equals(*Only(*message, field), *first);
        })) {
      continue;
    }
    common->MergeFrom(*first);
    for (Message* message : messages) message->GetReflection()->ClearField(message, field);
  }
}

ExperimentResults::Run PackRun(const Result& result) {
  ExperimentResults::Run run;
  for (const ClassScore& score : result.per_class()) run.add_ap(score.has_ap() ? score.ap() : kNan);
  for (const KindScore& score : result.by_kind())
    run.add_kind_ap(score.has_mean_ap() ? score.mean_ap() : kNan);
  *run.mutable_own() = result;
  run.mutable_own()->clear_experiment();
  run.mutable_own()->clear_per_class();
  run.mutable_own()->clear_by_kind();
  return run;
}

}  // namespace

Result ClassesAndKinds(const Result& result) {
  Result shared;
  *shared.mutable_per_class() = result.per_class();
  *shared.mutable_by_kind() = result.by_kind();
  for (ClassScore& score : *shared.mutable_per_class()) score.clear_ap();
  for (KindScore& score : *shared.mutable_by_kind()) score.clear_mean_ap();
  return shared;
}

absl::StatusOr<TableResults> PackResults(const std::string& table, const MeasuredExperiments& measured) {
  TableResults packed;
  packed.set_table(table);
  std::optional<Result> shared;
  for (const auto& [name, measurements] : measured) {
    ExperimentResults& experiment = *packed.add_experiment();
    experiment.set_name(name);
    for (const Result& result : measurements.results) {
      const Result classes = ClassesAndKinds(result);
      if (!shared) shared = classes;
      if (!MessageDifferencer::Equals(classes, *shared)) {
        return absl::InvalidArgumentError(absl::StrCat(
            name, " seed ", result.seed(), ": its classes or their numbers of ground-truth ",
            "boxes are not those of the table's first result; measure the rows on the same data"));
      }
      *experiment.add_run() = PackRun(result);
    }
    if (measurements.speed) {
      *experiment.mutable_speed() = *measurements.speed;
      experiment.mutable_speed()->clear_experiment();
    }
  }
  if (shared) {
    packed.mutable_classes()->Swap(shared->mutable_per_class());
    packed.mutable_kinds()->Swap(shared->mutable_by_kind());
  }
  std::vector<Message*> all_runs, all_speeds;
  for (ExperimentResults& experiment : *packed.mutable_experiment()) {
    for (ExperimentResults::Run& run : *experiment.mutable_run()) all_runs.push_back(run.mutable_own());
    if (experiment.has_speed()) all_speeds.push_back(experiment.mutable_speed());
  }
  if (!all_runs.empty()) MoveCommonFields(all_runs, packed.mutable_common());
  if (!all_speeds.empty()) MoveCommonFields(all_speeds, packed.mutable_common_speed());
  for (ExperimentResults& experiment : *packed.mutable_experiment()) {
    std::vector<Message*> runs;
    for (ExperimentResults::Run& run : *experiment.mutable_run()) runs.push_back(run.mutable_own());
    if (!runs.empty()) MoveCommonFields(runs, experiment.mutable_common());
  }
  return packed;
}

absl::StatusOr<MeasuredExperiments> UnpackResults(const TableResults& packed, const std::string& origin) {
  MeasuredExperiments measured;
  for (const ExperimentResults& experiment : packed.experiment()) {
    Measurements measurements;
    for (const ExperimentResults::Run& run : experiment.run()) {
      Result result = packed.common();
      result.MergeFrom(experiment.common());
      result.MergeFrom(run.own());
      result.set_experiment(experiment.name());
      if (run.ap_size() != packed.classes_size() || run.kind_ap_size() != packed.kinds_size()) {
        return absl::InvalidArgumentError(
            absl::StrCat(origin, ": ", experiment.name(), " seed ", result.seed(), " has ", run.ap_size(),
                         " ap and ", run.kind_ap_size(), " kind_ap for ", packed.classes_size(),
                         " classes and ", packed.kinds_size(), " kinds"));
      }
      *result.mutable_per_class() = packed.classes();
      *result.mutable_by_kind() = packed.kinds();
      for (int c = 0; c < run.ap_size(); ++c) {
        if (!std::isnan(run.ap(c))) result.mutable_per_class(c)->set_ap(run.ap(c));
      }
      for (int k = 0; k < run.kind_ap_size(); ++k) {
        if (!std::isnan(run.kind_ap(k))) result.mutable_by_kind(k)->set_mean_ap(run.kind_ap(k));
      }
      measurements.results.push_back(std::move(result));
    }
    if (experiment.has_speed()) {
      measurements.speed = packed.common_speed();
      measurements.speed->MergeFrom(experiment.speed());
      measurements.speed->set_experiment(experiment.name());
    }
    measured.emplace_back(experiment.name(), std::move(measurements));
  }
  return measured;
}

std::string ResultsText(const Message& packed) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetUseShortRepeatedPrimitives(true);
  std::string text;
  printer.PrintToString(packed, &text);
  const google::protobuf::Descriptor& type = *packed.GetDescriptor();
  return absl::StrCat("# proto-file: ", type.file()->name(), "\n# proto-message: ", type.full_name(), "\n",
                      text);
}

}  // namespace mrsn::experiments
