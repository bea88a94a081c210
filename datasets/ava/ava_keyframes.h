// AVA annotations and box lists to the key frames of a data set.
#ifndef MRSN_DATASETS_AVA_AVA_KEYFRAMES_H_
#define MRSN_DATASETS_AVA_AVA_KEYFRAMES_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/box_table.h"
#include "datasets/clip_dataset.h"
#include "datasets/clock.h"
#include "datasets/dataset.h"
#include "datasets/proposals.h"

namespace mrsn::datasets {

struct AvaKeyframeOptions {
  Usage usage = Usage::kTrain;
  ProposalOptions proposals;
  bool has_boxes = true;  // false: there is no box list; inference is given ground truth without labels
};

struct AvaKeyframes {
  std::vector<KeyframeRecord> records;
  std::vector<std::string> videos;  // of the records, in order; a record's `video` is a place in it
  ProposalCounts counts;            // of inference and of the bank
  int64_t strange_boxes = 0;        // rows of the box list with a video that has no annotation: not used
};

// The key frames of Usage::kTrain have an annotation; those of the other uses have one, or a box above the
// score threshold (dataset.h). `excluded` ones are left out, except for a bank. Rows of one person (same id
// and box) become one actor. Clips are not centred yet. An action id outside `classes` is an error.
absl::StatusOr<AvaKeyframes> MakeAvaKeyframes(const BoxTable& annotations, const BoxTable& boxes,
                                              const std::set<Keyframe>& excluded,
                                              const std::vector<ActionClass>& classes,
                                              const AvaKeyframeOptions& options);

// Centres each clip on the frame of its key second. `clocks`: of every video, in order.
void CentreClips(const std::vector<Clock>& clocks, std::vector<KeyframeRecord>* records);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_AVA_AVA_KEYFRAMES_H_
