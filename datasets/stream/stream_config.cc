#include "datasets/stream/stream_config.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "datasets/ava/ava_config.h"
#include "datasets/class_list.h"
#include "datasets/clip_config.h"
#include "datasets/dataset_opener.h"
#include "datasets/micro_world/rules.h"
#include "datasets/micro_world/world.h"
#include "datasets/transform_config.h"
#include "datasets/ucf24/ucf24.h"
#include "ops/base/config_reader.h"
#include "ops/base/status_macros.h"
#include "ops/formats/class_lists.h"

namespace mrsn::datasets {
namespace {

constexpr int kAvaClasses = 80;

std::vector<ActionClass> MicroWorldClasses(const MicroWorldConfig& config) {
  std::vector<ActionClass> classes = micro::Classes();
  if (config.single_actor()) classes.resize(micro::kNumSingleActorClasses);
  return classes;
}

std::vector<ActionClass> AvaClasses() {
  std::vector<ActionClass> classes;
  for (int id = 1; id <= kAvaClasses; ++id) classes.push_back({id, absl::StrCat("class ", id), "", false});
  for (formats::ActionClass& c : formats::AvaEvaluatedClasses()) {
    classes[c.id - 1] = {c.id, std::move(c.name), std::move(c.kind), true};
  }
  return classes;
}

absl::Status NeedsList(const std::string& field, const std::string& file) {
  return absl::InvalidArgumentError(
      absl::StrCat("dataset.", field, " names the file of the classes, ", file, "; give that file"));
}

absl::StatusOr<std::vector<ActionClass>> ClassesOf(const DatasetConfig& config,
                                                   const std::string& class_list) {
  if (!class_list.empty()) return ReadClassList(class_list, config.has_ucf24() ? 0 : 1);
  switch (config.dataset_case()) {
    case DatasetConfig::kMicroWorld:
      return MicroWorldClasses(config.micro_world());
    case DatasetConfig::kUcf24:
      if (config.ucf24().has_classes()) return NeedsList("ucf24.classes", config.ucf24().classes());
      return Ucf24Classes();
    case DatasetConfig::kAva:
      if (config.ava().has_label_map()) return NeedsList("ava.label_map", config.ava().label_map());
      return AvaClasses();
    case DatasetConfig::DATASET_NOT_SET:
      break;
  }
  return FieldError("dataset", "not set", ConfigReader(config, "").FieldsOf("dataset"));
}

absl::StatusOr<double> RateOf(const DatasetConfig& config) {
  if (config.has_micro_world()) return micro::kFramesPerSecond;
  if (!config.has_ava()) return 0;
  MRSN_ASSIGN_OR_RETURN(const AvaOptions ava, ReadAvaFiles(config, SplitOf(config, Usage::kInference)));
  return ava.frames_per_second;
}

}  // namespace

absl::StatusOr<StreamConfig> ReadStreamConfig(const DatasetConfig& config, const std::string& class_list) {
  StreamConfig read;
  ConfigReader reader(config, "dataset");
  const ClipShape shape = ReadClipShape(config, &reader);
  read.clip = shape.clip;
  read.transform = ReadTransform(config.transform(), shape.short_side, &reader);
  read.inference_score = ReadProposals(&reader).inference_score;
  MRSN_RETURN_IF_ERROR(reader.status());
  MRSN_ASSIGN_OR_RETURN(read.rate, RateOf(config));
  MRSN_ASSIGN_OR_RETURN(read.classes, ClassesOf(config, class_list));
  return read;
}

}  // namespace mrsn::datasets
