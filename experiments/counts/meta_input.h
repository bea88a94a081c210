// A detector's input of a given size without values, to run it on the meta device.
#ifndef MRSN_EXPERIMENTS_COUNTS_META_INPUT_H_
#define MRSN_EXPERIMENTS_COUNTS_META_INPUT_H_

#include <ATen/ATen.h>

#include "experiments/counts/complexity_setting.h"
#include "mrsn/detector.h"

namespace mrsn::experiments {

// One clip. Persons and bank entries do not change the work by where they are, only by
// how many.
inline DetectorInput MetaInput(const ComplexitySetting& setting, Detector& model) {
  const auto floats = at::TensorOptions(at::kMeta), longs = floats.dtype(at::kLong);
  DetectorInput input;
  input.slow = at::empty({1, 3, setting.frames, setting.height, setting.width}, floats);
  if (const int64_t alpha = model.alpha(); alpha > 0) {
    input.fast = at::empty({1, 3, alpha * setting.frames, setting.height, setting.width}, floats);
  }
  if (model.reads_flow()) {
    input.flow = at::empty({1, 2, setting.frames, setting.height, setting.width}, floats);
  }
  input.boxes = at::empty({setting.boxes, 4}, floats);
  input.clip_index = at::empty({setting.boxes}, longs);
  if (model.needs_bank()) {
    input.bank = {at::empty({setting.bank_entries, model.bank_width()}, floats),
                  at::empty({setting.bank_entries}, longs), at::empty({setting.bank_entries}, longs)};
  }
  return input;
}

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_COUNTS_META_INPUT_H_
