// The batch that all ranks compute together, as one process would compute it: which clips go through the
// model together, in which order, and with which random numbers.
#ifndef MRSN_EXPERIMENTS_ENGINE_SHARED_BATCH_H_
#define MRSN_EXPERIMENTS_ENGINE_SHARED_BATCH_H_

#include <ATen/core/Generator.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "ops/distributed/process_group.h"
#include "ops/dropout/shared_dropout.h"

namespace mrsn::experiments {

// Every rank calls the same functions in the same order. Errors: a rank has ended.
//
//   SharedBatch batch(group, seed, whole);   // for each step
//   batch.Meet(clips);                       // for each part of the step (train.accumulate)
//   for (size_t g = 0; g < batch.groups().size(); ++g) {
//     std::optional<ops::BatchShareScope> scope;
//     batch.Begin(g, &scope);
//     ... the model's forward pass over the clips batch.groups()[g].own, if there are any
//   }
class SharedBatch {
 public:
  // What there is of one clip of this rank.
  struct Clip {
    int64_t height = 0, width = 0;                  // of its frames
    int64_t persons = 0, entries = 0, objects = 0;  // entries: of its long-term window
  };
  // Clips of one size of frame, those of all ranks.
  struct Group {
    int64_t height = 0, width = 0;
    std::vector<size_t> own;  // places among this rank's clips of the part
    ops::BatchShare share;
  };

  // `seed`: what a single process gives to at::manual_seed. `whole`: this rank has all clips that the loader
  // (datasets/loader.h) deals to it: clip i of the batch is clip i / size of rank i % size. Unless all ranks
  // have theirs, nobody knows the places of clips in the batch, and each rank draws random numbers of its
  // own.
  SharedBatch(ProcessGroup& group, uint64_t seed, bool whole);

  absl::Status Meet(const std::vector<Clip>& own);
  // Ordered by their first clips.
  const std::vector<Group>& groups() const { return groups_; }
  absl::Status Begin(size_t g, std::optional<ops::BatchShareScope>* scope);

 private:
  ProcessGroup& group_;
  const bool whole_;
  at::Generator random_;        // for all forward passes of the step, one after the other
  bool places_known_ = false;   // of the present part
  std::vector<Group> groups_;   // of the present part
  std::vector<int> first_who_;  // of each group: the lowest rank that has persons in it, or -1
  std::vector<bool> not_all_;   // of each group: some rank has no persons in it
  int ahead_ = -1;              // the rank whose random numbers have come furthest; -1: all are alike
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_SHARED_BATCH_H_
