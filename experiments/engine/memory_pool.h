// What a head that keeps a memory (BankNeeds::own_memory) remembers while it is trained: AIA's
// asynchronous memory update (Tang et al. 2020, sec. 3.3).
//
// Each clip that is trained on leaves the features of its persons and the loss of that iteration, l'.
// Whoever reads them later, after an iteration of loss l, gets them times min(l / l', l' / l): the
// further the loss has gone since, the less they are like what the model would compute now.
#ifndef MRSN_EXPERIMENTS_ENGINE_MEMORY_POOL_H_
#define MRSN_EXPERIMENTS_ENGINE_MEMORY_POOL_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "datasets/dataset.h"
#include "mrsn/head/long_term_window.h"
#include "ops/base/keyframe.h"

namespace mrsn::experiments {

class MemoryPool {
 public:
  // `width` of the features; windows of `radius` seconds before and after.
  MemoryPool(const datasets::Dataset& dataset, int64_t width, int64_t radius);

  // Weighed entries of the other seconds around each key frame, ordered by key frame, then second. Of key
  // frames at fractions of a second, windows and offsets are as a bank's (mrsn/bank/relation_bank.h).
  LongTermWindow Windows(const std::vector<Keyframe>& keyframes) const;

  // Features [N,width] of the persons of clips clip_index [N] of `keyframes`, which are the data set's,
  // in place of what these had before; held as float16, as a bank's. InvalidArgument, and nothing
  // changed, for a value that float16 cannot hold.
  absl::Status Write(const std::vector<Keyframe>& keyframes, const at::Tensor& clip_index,
                     const at::Tensor& features, double loss);

  // Tensors "memory.*": the entries that were written since the call before, or all of them.
  struct Changes {
    std::map<std::string, at::Tensor> tensors;
    bool whole = false;  // all there is; whatever was saved before is of no more use
  };
  // For a checkpoint. Whole when that is smaller than what would have to be read otherwise, so that a
  // training writes each entry about twice and reads no more than twice what there is.
  Changes TakeChanges();
  // Writes the entries of TakeChanges() over those that are here; for a pool without entries first the ones
  // of a call that gave all. DataLoss, naming `origin`, if they are not such changes of this data set and
  // width; the memory then stays as it was.
  absl::Status Apply(const std::string& origin, const std::map<std::string, at::Tensor>& tensors);

 private:
  struct Entry {
    at::Tensor features;  // [n,width] float16; undefined: never written
    double loss = 0;
    bool changed = false;  // since TakeChanges()
  };

  const int64_t width_, radius_;
  std::vector<Keyframe> keyframes_;  // by video, then time
  std::vector<Entry> entries_;       // as keyframes_
  double loss_ = 0;                  // of the last iteration written
  int64_t saved_ = 0;                // entries that Apply() has to read to get what was taken so far
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_MEMORY_POOL_H_
