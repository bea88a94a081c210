// The scores of a running evaluation on the disk, so that an evaluation that was stopped goes on where it
// was.
#ifndef MRSN_EXPERIMENTS_ENGINE_EVALUATION_PARTS_H_
#define MRSN_EXPERIMENTS_ENGINE_EVALUATION_PARTS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace mrsn::experiments {

// What a detector found in some of a data set's clips.
struct ScoredRows {
  at::Tensor clips;   // [N] int64, positions in the data set
  at::Tensor boxes;   // [N,4] float32
  at::Tensor scores;  // [N,K] float32
};

// A folder of files "part-<first batch>.safetensors", each with a checksum. Batches are those of Infer(), all
// of one size but the last.
class EvaluationParts {
 public:
  // `identity` names everything that decides about the scores. `every`: how often a part is written.
  EvaluationParts(std::string folder, std::string identity, absl::Duration every = absl::Seconds(30));

  // The rows of all batches that an earlier evaluation of this identity has completed. Parts of another
  // identity are ignored, a damaged part with those behind it, too, after a warning; both will be written
  // over.
  std::vector<ScoredRows> Read();

  // After Read(): the first batch that is not complete, and the unreadable clips of those before.
  int64_t next_batch() const { return next_; }
  int64_t unread() const { return unread_; }

  // Adds rows of batch `batch`; never one before that of the last call. All batches before it are then
  // complete.
  absl::Status Add(int64_t batch, ScoredRows rows);
  // A clip of this batch cannot be read.
  void AddUnread(int64_t batch) { unread_batches_.push_back(batch); }

  // All of the `batches` batches are complete: writes a part with those that no part has.
  absl::Status Finish(int64_t batches);

  // Writes a part with all complete batches that no part has. An error (no space) leaves the earlier parts.
  absl::Status Write();

  // The result of the evaluation is on the disk.
  void Remove();

 private:
  void Complete(int64_t batch);  // all batches before this one are complete

  const std::string folder_, identity_;
  const absl::Duration every_;
  absl::Time written_;
  int64_t next_ = 0;                               // the first batch that no part has
  int64_t unread_ = 0;                             // clips of the batches before it
  int64_t current_ = 0;                            // the batch of the last Add()
  std::vector<ScoredRows> complete_, unfinished_;  // rows of the batches before current_, and of current_
  std::vector<int64_t> unread_batches_;            // behind next_
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_EVALUATION_PARTS_H_
