// One word selects all choices in which the public frameworks differ.
//
//   compatibility: MMACTION2
//
//                      PYSLOWFAST  PYTORCHVIDEO  MMACTION2    ACAR        ALPHACTION
//   lateral            norm, ReLU  norm, ReLU    bare         norm, ReLU  bias
//   lateral kernel     7           7             7            7           5
//   res5 dilation      2           2             1            2           2
//   stem pool padding  yes         yes           yes          yes         no
//   RoIAlign           7, aligned  7             8, aligned   7           7
//   RoI scale          stride      stride        stride       map size    stride
//   dropout            after pool  after pool    before pool  after pool  after pool
//   slow frames        linspace    linspace      every alpha  linspace    interval mid
//   shorter side       256         256           256          256         256
//   pixels             of 0 to 1   of 0 to 1     of 0 to 255  of 0 to 1   of 0 to 255
//   mean R, G, B       0.45        0.45          123.675,     0.45        122.7717,
//                                                116.28,                  115.9465,
//                                                103.53                   102.9801
//   deviation R, G, B  0.225       0.225         58.395,      0.225       57.375
//                                                57.12,
//                                                57.375
//   channel order      RGB         RGB           RGB          RGB         RGB
//
// ACAR with depth 101 in slow_fast means ACAR-Net's own Kinetics-700 model: bare laterals of kernel 5,
// every alpha-th frame, pixels of 0 to 255 with mean 110.63666788, 103.16065604, 96.29023126 and deviation
// 38.7568578, 37.88248729, 40.02898126.
// Mean, deviation and the range of pixels are set together, and only if the experiment sets none of them.
//
// The exceptions within a framework are set in the experiment: lateral kernel 5 for
// SlowFast R-50 4 x 16 and every R-101; RoIAlign not aligned in PySlowFast's model zoo
// (its c2 configurations). Not covered, because they are no choice of one model: weights' names
// (mrsn/checkpoint), augmentation (TransformConfig.augmentation), losses.
#ifndef MRSN_EXPERIMENTS_CONFIG_COMPATIBILITY_H_
#define MRSN_EXPERIMENTS_CONFIG_COMPATIBILITY_H_

#include "experiments/experiment.pb.h"

namespace mrsn::experiments {

// If `compatibility` is set, fills in the unset fields of the list above: those of the experiment's backbone
// and head, and the clips of both data configs. So the resolved experiment shows each choice.
void ApplyCompatibility(Experiment* experiment);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_CONFIG_COMPATIBILITY_H_
