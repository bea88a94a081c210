#include "datasets/stream/stream_config.h"

#include "datasets/class_list.h"
#include "datasets/clip_config.h"
#include "datasets/dataset_opener.h"
#include "datasets/open_dataset.h"
#include "datasets/transform_config.h"
#include "ops/base/config_reader.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {

absl::StatusOr<StreamConfig> ReadStreamConfig(const DatasetConfig& config, const std::string& class_list) {
  StreamConfig read;
  ConfigReader reader(config, "dataset");
  const ClipShape shape = ReadClipShape(config, &reader);
  read.clip = shape.clip;
  read.transform = ReadTransform(config.transform(), shape.short_side, &reader);
  read.inference_score = ReadProposals(&reader).inference_score;
  MRSN_RETURN_IF_ERROR(reader.status());
  MRSN_ASSIGN_OR_RETURN(const DatasetOpener opener, ReadDatasetConfig(config, Usage::kInference));
  read.rate = opener.frames_per_second;
  MRSN_ASSIGN_OR_RETURN(read.classes,
                        class_list.empty() ? opener.classes : ReadClassList(class_list, opener.first_class));
  return read;
}

}  // namespace mrsn::datasets
