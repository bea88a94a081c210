// Which fields of an experiment say where a file lies.
#ifndef MRSN_EXPERIMENTS_CONFIG_DATA_PATHS_H_
#define MRSN_EXPERIMENTS_CONFIG_DATA_PATHS_H_

#include <google/protobuf/descriptor.h>

#include "experiments/experiment.pb.h"

namespace mrsn::experiments {

enum class StringMeaning {
  kNotAFile,
  kFile,          // there is always such a file: an unset field means its usual place
  kOptionalFile,  // an unset field, or an empty one, means that there is none
};

// The meaning of a string field of DatasetConfig, of a message in it, or of Inputs. A test asks that every
// such field is known.
StringMeaning MeaningOf(const google::protobuf::FieldDescriptor& field);
bool IsKnown(const google::protobuf::FieldDescriptor& field);

// Takes the places of files below the data root out of the experiment, so that experiments that differ in
// these only become equal, and the folders of experiments outside the tree. Whether there is a file stays.
// The files' contents are in the fingerprint of the data and in the hash of the pretrained weights.
void ForgetPlacesOfFiles(Experiment* experiment);
void ForgetPlacesOfFiles(DatasetConfig* data);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_CONFIG_DATA_PATHS_H_
