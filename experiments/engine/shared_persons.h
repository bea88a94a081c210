// The places of this rank's persons in the batch that all ranks share.
#ifndef MRSN_EXPERIMENTS_ENGINE_SHARED_PERSONS_H_
#define MRSN_EXPERIMENTS_ENGINE_SHARED_PERSONS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "ops/distributed/process_group.h"

namespace mrsn::experiments {

struct SharedPersons {
  std::vector<int64_t> own;  // ascending
  int64_t all = 0;           // of all ranks
};

// `samples` is this rank's share of a batch that the loader (datasets/loader.h) has dealt: clip i of the
// batch is clip i / size of rank i % size. Every rank calls it. Nothing if one process would not compute all
// persons of the batch at once: clips have several sizes of frame, or one of the batch's `clips` clips is
// missing. Errors: a rank has ended.
absl::StatusOr<std::optional<SharedPersons>> PersonsAmongAll(const std::vector<datasets::Sample>& samples,
                                                             int64_t clips, ProcessGroup& group);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_SHARED_PERSONS_H_
