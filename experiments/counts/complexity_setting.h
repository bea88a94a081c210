// The size of the clip that a model is counted for.
#ifndef MRSN_EXPERIMENTS_COUNTS_COMPLEXITY_SETTING_H_
#define MRSN_EXPERIMENTS_COUNTS_COMPLEXITY_SETTING_H_

namespace mrsn::experiments {

// Clip and boxes that are counted for.
struct ComplexitySetting {
  int frames = 8;                           // of the slow pathway
  int height = 256, width = 256;            // pixels
  int boxes = 3;                            // persons in the clip
  int bank_entries = 63;                    // in the window of a long-term head: 21 s of 3 persons ...
  static constexpr int kThreeASecond = -1;  // ... or 3 in each second of the head's own window
  int objects = 0;                          // in the clip, for heads that read them
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_COUNTS_COMPLEXITY_SETTING_H_
