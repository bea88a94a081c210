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
//
// The exceptions within a framework are set in the experiment: lateral kernel 5 for
// SlowFast R-50 4 x 16 and every R-101; RoIAlign not aligned in PySlowFast's model zoo
// (its c2 configurations); bare laterals of kernel 5 and every alpha-th frame in ACAR's
// own R-101. Not covered, because they are no choice of one model: weights' names
// (mrsn/checkpoint), normalisation of pixels, augmentation, losses.
#ifndef MRSN_EXPERIMENTS_CONFIG_COMPATIBILITY_H_
#define MRSN_EXPERIMENTS_CONFIG_COMPATIBILITY_H_

#include "experiments/experiment.pb.h"

namespace mrsn::experiments {

// If `compatibility` is set, fills in the unset fields of the list above: those of the experiment's backbone
// and head, and the clips of both data configs. So the resolved experiment shows each choice.
void ApplyCompatibility(Experiment* experiment);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_CONFIG_COMPATIBILITY_H_
