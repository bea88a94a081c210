// The batch of one step that ranks compute together, or one process part by part (train.accumulate), as one
// process computes it at once: which clips go through the model together, in which order, and with which
// random numbers.
#ifndef MRSN_EXPERIMENTS_ENGINE_SHARED_BATCH_H_
#define MRSN_EXPERIMENTS_ENGINE_SHARED_BATCH_H_

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "ops/distributed/process_group.h"
#include "ops/dropout/shared_dropout.h"

namespace mrsn::experiments {

// Every rank calls Meet and BeginGroup, with the same groups in the same order. Errors: a rank has ended.
//
//   SharedBatch batch(group, seed, parts);   // for each step
//   batch.Meet(clips, whole);
//   for (size_t g = 0; g < batch.groups().size(); ++g) {
//     batch.BeginGroup(g);
//     for (int part = 0; part < parts; ++part) {
//       std::optional<ops::BatchShareScope> scope;
//       batch.BeginPart(part, &scope);
//       ... the model's forward pass over the clips batch.groups()[g].parts[part].own, if there are any
//     }
//   }
class SharedBatch {
 public:
  // What there is of one clip of this rank.
  struct Clip {
    int64_t frames = 0, height = 0, width = 0;
    int64_t persons = 0, entries = 0, objects = 0;  // entries: of its long-term window
  };
  // Clips of one size that a rank computes together.
  struct Part {
    std::vector<size_t> own;  // places among this rank's clips
    ops::BatchShare share;    // their rows among those of the group
    int64_t persons = 0;      // of the parts of all ranks that have this number
  };
  // Clips of one size of frame, those of all ranks.
  struct Group {
    int64_t frames = 0, height = 0, width = 0;
    std::vector<Part> parts;
  };

  // How clips are dealt to the parts of a rank.
  enum class Deal {
    kAsToRanks,  // clip i to part i % parts: parts of one process hold the clips that so many ranks have
    kRuns        // neighbours together: parts of one number hold the same clips, however many ranks there are
  };

  // `seed`: what a process that computes the batch at once gives to at::manual_seed.
  SharedBatch(ProcessGroup& group, uint64_t seed, int parts = 1, Deal deal = Deal::kAsToRanks);

  // `whole`: this rank has all clips that the loader (datasets/loader.h) deals to it: clip i of the batch is
  // clip i / size of rank i % size. Unless all ranks have theirs, nobody knows the places of clips in the
  // batch, and each rank draws random numbers of its own.
  absl::Status Meet(const std::vector<Clip>& own, bool whole);
  // Ordered by their first clips.
  const std::vector<Group>& groups() const { return groups_; }
  absl::Status BeginGroup(size_t g);
  // Of the group that has begun. The scope must end before the next call.
  void BeginPart(int part, std::optional<ops::BatchShareScope>* scope);

 private:
  int PartOf(size_t clip, size_t clips) const;
  void KeepDrawn();

  ProcessGroup& group_;
  const int parts_;
  const Deal deal_;
  at::Generator random_;  // of the forward passes of each part
  at::Tensor begin_;      // its state in front of the present group
  at::Tensor end_;        // its state behind the present group; undefined until a part with persons has drawn
  std::optional<size_t> present_;  // the group that has begun last
  bool drawing_ = false;           // the part that has begun last has persons
  bool places_known_ = false;
  std::vector<Group> groups_;
  std::vector<int> first_who_;  // of each group: the lowest rank that has persons in it, or -1
  std::vector<bool> not_all_;   // of each group: some rank has no persons in it
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_SHARED_BATCH_H_
