// Draws at random what training does to a clip, and does it to the clip's boxes. Everything random comes from
// the generator that the caller gives; inference draws nothing.
#ifndef MRSN_DATASETS_AUGMENTATION_H_
#define MRSN_DATASETS_AUGMENTATION_H_

#include "datasets/colours.h"
#include "datasets/dataset.h"
#include "datasets/transform_options.h"
#include "datasets/transforms.h"
#include "ops/base/random.h"

namespace mrsn::datasets {

// What happens to all frames of one clip.
struct ClipPlan {
  ClipGeometry geometry;
  ColourChange colours;
};

// `frame` is the size of the frames as they are.
ClipPlan PlanClip(const TransformOptions& options, Usage usage, FrameSize frame, SplitMix64* random);

// Moves actors, tubelets and objects of a sample with its frames. Coordinates are continuous: a box mirrored
// twice is the same box, whereas PySlowFast and AlphAction count pixels and subtract one.
// - A cut clips boxes to the part that is left. An actor entirely outside stays, with an empty box on the
// border,
//   as in PySlowFast; an object entirely outside is left out.
// - ACAR's and AlphAction's box jitter moves the four edges of actors' boxes independently and clips them to
// the
//   frame. As in the public code an actor whose box is empty then is left out (ACAR), or gets a box of one
//   pixel (AlphAction). Tubelets and objects are not jittered.
// - AlphAction's enlarged boxes of inference are Actor::box; the boxes as detected go to Actor::reported.
void MoveBoxes(const TransformOptions& options, Usage usage, const ClipGeometry& geometry, SplitMix64* random,
               Sample* sample);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_AUGMENTATION_H_
