// The boxes of one person in every frame of a clip.
#ifndef MRSN_DATASETS_TUBELETS_H_
#define MRSN_DATASETS_TUBELETS_H_

#include <cstdint>
#include <map>
#include <vector>

#include "ops/base/box.h"

namespace mrsn::datasets {

// A person's annotated boxes by 0-based source frame.
using Tube = std::map<int64_t, Box>;

// One box for each of the ascending source frames `frames` of a clip centred on `centre`. `tube` must have a
// box at `centre`. A frame without a box takes the box of the nearest annotated frame between the clip's
// first and last frame, of the earlier one if two are equally near. The centre counts as part of the clip.
std::vector<Box> MakeTubelet(const Tube& tube, const std::vector<int64_t>& frames, int64_t centre);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_TUBELETS_H_
