// A DatasetConfig for videos that belong to no data set: its clips and its classes, without its files.
#ifndef MRSN_DATASETS_STREAM_STREAM_CONFIG_H_
#define MRSN_DATASETS_STREAM_STREAM_CONFIG_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/clip_sampler.h"
#include "datasets/dataset.h"
#include "datasets/dataset_config.pb.h"
#include "datasets/transform_options.h"

namespace mrsn::datasets {

struct StreamConfig {
  ClipOptions clip;
  TransformOptions transform;
  // Frames a second that the data set's clips are made of; 0: of each video its own (ucf24).
  double rate = 0;
  float inference_score = 0;         // ProposalConfig.inference_score
  std::vector<ActionClass> classes;  // in the order of the model's outputs
};

// `class_list`: a file that names the classes (class_list.h); "": those of the data set as published. AVA
// has 80 classes then, of which the 60 evaluated ones have names; the others are not `evaluated`. A data set
// whose config names a file of its own for the classes needs `class_list`; the error says so. Fields out of
// range are errors as of OpenDataset.
absl::StatusOr<StreamConfig> ReadStreamConfig(const DatasetConfig& config, const std::string& class_list);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_STREAM_STREAM_CONFIG_H_
