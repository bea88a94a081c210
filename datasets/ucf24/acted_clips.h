// Generated videos in the layout of UCF101-24, for tests and benchmarks: persons who move, with a box in
// every frame that shows them.
#ifndef MRSN_DATASETS_UCF24_ACTED_CLIPS_H_
#define MRSN_DATASETS_UCF24_ACTED_CLIPS_H_

#include <string>

#include "absl/status/status.h"
#include "datasets/dataset.h"

namespace mrsn::datasets {

struct ActedClipsOptions {
  int groups = 2;              // clips of each class
  FrameSize size = {128, 96};  // of the videos; annotations are in pixels of 320 x 240 all the same
};

// Frames of every clip.
constexpr int kActedFrames = 80;

// Writes a data root for OpenUcf24 into `root`. Each group has three clips, v_<Class>_g01_c01, g02, ...:
//   Basketball      one person, annotated from frame 13 to 72, walks to and fro beside a bouncing ball;
//   SalsaSpin       two persons swing; the second one is hidden from frame 35 to 45 and so has two tubes:
//                   tube 0 is frames 1..80, tube 1 is 1..34, tube 2 is 46..80;
//   SoccerJuggling  one person, frames 1..80, bobs below a ball that rises and falls.
// The classes differ in backdrop, clothes, ball and motion; the groups in places, sizes, shades and phases.
//   annotations.csv             video,frame,class,x1,y1,x2,y2,tube in whole pixels
//   clips.txt                   all clips; train.txt: all but the last group; test.txt: the last group
//   videos/<Class>/<clip>.avi   lossless, 25 frames a second
// The same options write the same bytes.
absl::Status WriteActedClips(const ActedClipsOptions& options, const std::string& root);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_UCF24_ACTED_CLIPS_H_
