// What the header of a video file states, and how far the truth may lie from it.
#ifndef MRSN_DATASETS_STATED_LENGTH_H_
#define MRSN_DATASETS_STATED_LENGTH_H_

#include <cmath>
#include <cstdint>

namespace mrsn::datasets {

// A file may have 29.97 frames a second where 30 are meant. False for a rate that is not known, 0.
inline bool RatesAgree(double stated, double meant) { return std::abs(stated / meant - 1) <= 0.01; }

// So many frames more or less are no fault of a video of `frames` frames: headers round a length, and
// encoders that drop a last frame or two state one too many.
inline int64_t LengthSlack(int64_t frames) { return 2 + frames / 100; }

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_STATED_LENGTH_H_
