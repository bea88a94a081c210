// Draws what a model looks at.
#ifndef MRSN_EXPERIMENTS_DETECT_RELATION_DRAWING_H_
#define MRSN_EXPERIMENTS_DETECT_RELATION_DRAWING_H_

#include <vector>

#include "experiments/detect/detected_video.h"
#include "experiments/detect/drawing.h"
#include "opencv2/core.hpp"

namespace mrsn::experiments {

// Of the persons of `keyframe`, drawn where `shown` has their tracks (ShownPersons):
// - ACRE's weights of one person, the one whom the detector is most certain of, as a heat map over the frame;
// - AARE's weights as arrows from each person to those it looks at, in its colour, the wider the heavier,
// with
//   the weight beside it; weights below 0.05 and those for oneself are left out;
// - of the same person the weights of the bank's seconds as bars at the lower edge.
// The boxes have their tracks, and the person of the heat map says so. Nothing but boxes is drawn of
// a key frame without relations.
void DrawRelations(const DetectedKeyframe& keyframe, std::vector<DrawnPerson> shown, cv::Mat* bgr);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_DETECT_RELATION_DRAWING_H_
