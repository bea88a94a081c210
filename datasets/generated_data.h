// Where data that a program makes itself goes: never into a user's data root.
#ifndef MRSN_DATASETS_GENERATED_DATA_H_
#define MRSN_DATASETS_GENERATED_DATA_H_

#include <string>

namespace mrsn::datasets {

struct GeneratedData {
  std::string folder;  // "" = CacheFolder()
  // False: nothing is written that stays. A data set that has not been generated yet has its key frames and
  // boxes, and every clip that is loaded is an error.
  bool make = true;
};

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_GENERATED_DATA_H_
