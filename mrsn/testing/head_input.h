// Random inputs for the tests of all heads.
#ifndef MRSN_MRSN_TESTING_HEAD_INPUT_H_
#define MRSN_MRSN_TESTING_HEAD_INPUT_H_

#include <ATen/ATen.h>

#include "mrsn/head/relation_head.h"
#include "mrsn/roi_features.h"
#include "mrsn/testing/variables.h"

namespace mrsn {

// `actors` and roi_align from features, boxes and clip_index; a cell of the map is a pixel.
inline void SetRois(HeadInput* input, int64_t roi_size = 3) {
  const FrameSize frame = {input->features.size(2), input->features.size(3)};
  input->roi_align = [boxes = input->boxes, clips = input->clip_index, frame,
                      roi_size](const at::Tensor& map) {
    return RoiFeatures(map, boxes, clips, frame, 1, {roi_size, 2, true});
  };
  input->actors = input->roi_align(input->features);
}

// Five clips; nobody in the third, one person in the second, whose window is empty.
inline HeadInput RandomHeadInput(int64_t channels, int64_t bank_width) {
  HeadInput input;
  input.clip_index = at::tensor({0, 0, 0, 1, 3, 3, 4}, at::kLong);
  input.features = Random({5, channels, 6, 7});
  const at::Tensor corners = at::rand({7, 2}, at::kDouble) * 0.6;
  input.boxes = at::cat({corners, corners + 0.15 + at::rand({7, 2}, at::kDouble) * 0.25}, 1);
  SetRois(&input);
  input.bank.clip_index = at::tensor({3, 0, 0, 4, 2, 0, 3}, at::kLong);
  input.bank.offset = at::tensor({2, -2, 0, 1, 0, 1, -1}, at::kLong);
  input.bank.features = Random({7, bank_width});
  input.object_clip_index = at::tensor({3, 0, 2, 0}, at::kLong);
  input.objects = Random({4, channels, 3, 3});
  return input;
}

}  // namespace mrsn

#endif  // MRSN_MRSN_TESTING_HEAD_INPUT_H_
