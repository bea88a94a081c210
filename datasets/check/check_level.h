// How closely a data set is looked at.
#ifndef MRSN_DATASETS_CHECK_CHECK_LEVEL_H_
#define MRSN_DATASETS_CHECK_CHECK_LEVEL_H_

namespace mrsn::datasets {

enum class CheckLevel {
  kQuick,  // listings of folders only: under a minute on AVA
  kFull,   // video files are decoded, and each image file is looked at
};

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_CHECK_CHECK_LEVEL_H_
