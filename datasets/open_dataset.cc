#include "datasets/open_dataset.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "datasets/ava/ava_config.h"
#include "datasets/clip_config.h"
#include "datasets/clip_dataset.h"
#include "datasets/dataset_fingerprint.h"
#include "datasets/dataset_opener.h"
#include "datasets/flow_command.h"
#include "datasets/micro_world/micro_world_config.h"
#include "datasets/micro_world_2/micro_world_2_config.h"
#include "datasets/object_boxes.h"
#include "datasets/transform_config.h"
#include "datasets/ucf24/ucf24.h"
#include "datasets/ucf24/ucf24_config.h"
#include "ops/base/config_reader.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

// The file of objects below the root ("": none), and the part of it that is kept.
struct ObjectOptions {
  std::string file;
  ObjectBoxOptions boxes;
};

// The settings that all data sets share.
struct SharedOptions {
  ClipDatasetOptions clip_dataset;
  ObjectOptions objects;
  FlowMethod flow = FlowMethod::kDis;
};

absl::StatusOr<SharedOptions> ReadShared(const DatasetConfig& config, Usage usage) {
  SharedOptions options;
  ClipDatasetOptions& clip_dataset = options.clip_dataset;
  clip_dataset.usage = usage;
  ConfigReader reader(config, "dataset");
  const ClipShape shape = ReadClipShape(config, &reader);
  clip_dataset.clip = shape.clip;
  clip_dataset.transform = ReadTransform(config.transform(), shape.short_side, &reader);
  reader.In("clip").Read("tubelets", &clip_dataset.tubelets);
  reader.In("flow").Choose("method", &options.flow, {{"DIS", FlowMethod::kDis}, {"TVL1", FlowMethod::kTvl1}});
  ConfigReader proposals = reader.In("proposals");
  proposals.Read("object_boxes", &options.objects.file);
  proposals.Read("object_score", &options.objects.boxes.min_score, Between(0, 1));
  proposals.Read("most_objects", &options.objects.boxes.most, Between(1, 1000));
  int megabytes = static_cast<int>(clip_dataset.cache_bytes >> 20);
  reader.Read("cache_megabytes", &megabytes, Between(0, 65536));
  clip_dataset.cache_bytes = static_cast<size_t>(megabytes) << 20;
  MRSN_RETURN_IF_ERROR(reader.status());
  return options;
}

absl::Status ReadObjects(const ObjectOptions& objects, const std::string& root, ClipDatasetOptions* options) {
  if (objects.file.empty()) return absl::OkStatus();
  const std::string path = absl::StrCat(root.empty() ? "." : root, "/", objects.file);
  MRSN_ASSIGN_OR_RETURN(options->objects, ReadObjectBoxes(path, objects.boxes));
  MRSN_ASSIGN_OR_RETURN(
      options->objects_fingerprint,
      FingerprintFiles(absl::StrCat("objects ", objects.boxes.min_score, " ", objects.boxes.most), {path},
                       {}));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<DatasetOpener> ReadDatasetConfig(const DatasetConfig& config, Usage usage,
                                                const GeneratedData& generated) {
  switch (config.dataset_case()) {
    case DatasetConfig::kMicroWorld:
      return ReadMicroWorld(config, usage, generated);
    case DatasetConfig::kMicroWorld2:
      return ReadMicroWorld2(config, usage, generated);
    case DatasetConfig::kUcf24:
      return ReadUcf24(config, usage);
    case DatasetConfig::kAva:
      return ReadAva(config, usage);
    case DatasetConfig::DATASET_NOT_SET:
      break;
  }
  return FieldError("dataset", "not set", ConfigReader(config, "").FieldsOf("dataset"));
}

absl::Status ValidateDatasetConfig(const DatasetConfig& config) {
  for (const Usage usage : {Usage::kTrain, Usage::kInference}) {
    MRSN_RETURN_IF_ERROR(ReadDatasetConfig(config, usage, {}).status());
    MRSN_RETURN_IF_ERROR(ReadShared(config, usage).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Dataset>> OpenDataset(const DatasetConfig& config, Usage usage,
                                                     const std::string& data_root,
                                                     const GeneratedData& generated,
                                                     const Unreadable& unreadable) {
  MRSN_ASSIGN_OR_RETURN(const DatasetOpener opener, ReadDatasetConfig(config, usage, generated));
  MRSN_ASSIGN_OR_RETURN(SharedOptions options, ReadShared(config, usage));
  options.clip_dataset.unreadable = unreadable;
  options.objects.boxes.names = opener.names;
  if (!data_root.empty() && !FileExists(data_root)) {
    return absl::NotFoundError(absl::StrCat("data root ", data_root, ": there is no such folder"));
  }
  if (config.has_flow()) {
    options.clip_dataset.flow = {options.flow,
                                 FlowCommand(config, SplitOf(config, usage), options.flow, data_root)};
  }
  const absl::Status objects = ReadObjects(options.objects, data_root, &options.clip_dataset);
  auto dataset = opener.open(std::move(options.clip_dataset), data_root);
  if (objects.ok()) return dataset;
  if (dataset.ok()) return objects;
  return absl::Status(dataset.status().code(),
                      absl::StrCat(dataset.status().message(), "; and ", objects.message()));
}

}  // namespace mrsn::datasets
