// The sizes that a head is given by the rest of its detector.
#ifndef MRSN_MRSN_HEAD_HEAD_SHAPE_H_
#define MRSN_MRSN_HEAD_HEAD_SHAPE_H_

#include <cstdint>

namespace mrsn {

struct HeadShape {
  int64_t channels = 2048;  // C of the backbone's feature map
  int64_t classes = 80;     // K
  int64_t roi_size = 7;     // cells a side of a person's RoI features
};

}  // namespace mrsn

#endif  // MRSN_MRSN_HEAD_HEAD_SHAPE_H_
