// The input of a detector: the tensors of a batch of clips (ops/clip/clip_tensors.h) and the bank's
// entries around them.
//
// InputTensors() is the only list of these tensors. Whoever copies, makes, reads or describes a
// detector's input goes through it.
#ifndef MRSN_MRSN_DETECTOR_INPUT_H_
#define MRSN_MRSN_DETECTOR_INPUT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "mrsn/head/long_term_window.h"
#include "mrsn/model_needs.h"
#include "ops/clip/clip_tensors.h"

namespace mrsn {

// `boxes` and `clip_index` are the persons that are scored. A detector that finds persons itself
// reads them as ground truth, in training only.
struct DetectorInput : ClipTensors {
  LongTermWindow bank;  // undefined tensors unless a head reads a bank

  DetectorInput To(at::Device device) const;  // shares the tensors that are there already
};

// The sizes that the shapes of an input are made of. Counts are over all clips.
struct InputSize {
  int64_t clips = 1;     // B
  int64_t frames = 8;    // T
  int64_t height = 256;  // H, pixels
  int64_t width = 256;   // W
  int64_t persons = 3;   // N
  int64_t entries = 0;   // M, of the bank
  int64_t objects = 0;   // O
};

// One dimension of a tensor.
struct Extent {
  const char* symbol;                    // "B"; the number itself where it is always the same
  int64_t InputSize::*member = nullptr;  // nullptr: the size follows from the other two
  int64_t (*size)(const InputSize&, const ModelNeeds&) = nullptr;
  bool may_be_empty = false;
};

struct InputTensor {
  // The meaning of the values, which decides about their range.
  enum class Values {
    kFrames,   // any
    kBoxes,    // x1,y1,x2,y2 in [0,1], x1 <= x2, y1 <= y2
    kClips,    // in [0,B)
    kSorted,   // in [0,B), ascending
    kSeconds,  // in [-radius,radius]
  };
  const char* name;
  Values values;
  std::vector<Extent> shape;
  bool (*read)(const ModelNeeds&);  // whether such a model reads it
  const char* group;                // tensors of a group are there together or not at all; "": always
  const char* about;                // a few words for users
  at::Tensor& (*of)(DetectorInput&);

  at::ScalarType type() const;  // kFloat for frames and boxes, otherwise kLong
};

const std::vector<InputTensor>& InputTensors();

int64_t SizeOf(const Extent& extent, const InputSize& size, const ModelNeeds& needs);

// "float32 [B,3,T,H,W]".
std::string ShapeText(const InputTensor& tensor);

// An input of that size with all that the model reads, but without the tensors of a group that
// would be empty. On the meta device the tensors have no values. Elsewhere values are random, frames
// and boxes of the floating type of `options`; persons, objects and entries are spread evenly over
// the clips, and entries over the seconds of the window.
DetectorInput MakeInput(const InputSize& size, const ModelNeeds& needs,
                        const at::TensorOptions& options = {});

}  // namespace mrsn

#endif  // MRSN_MRSN_DETECTOR_INPUT_H_
