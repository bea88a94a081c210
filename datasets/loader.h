// Batches in a reproducible order, read ahead by background threads.
#ifndef MRSN_DATASETS_LOADER_H_
#define MRSN_DATASETS_LOADER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "datasets/unreadable.h"

namespace mrsn::datasets {

// A clip that could not be read and was left out of its batch.
struct SkippedClip {
  Keyframe keyframe;
  int64_t epoch = 0, batch = 0;  // the batch's number over all epochs
  absl::Status reason;           // as Dataset::Load gives it
};

struct LoaderOptions {
  int batch_size = 16;  // of all ranks together, a multiple of world_size
  uint64_t seed = 0;
  bool shuffle = true;    // a new permutation each epoch, from (seed, epoch)
  bool drop_last = true;  // leave out an epoch's last, smaller batch
  int workers = 0;        // background threads, each decodes its clips; 0: DefaultWorkers()
  // Bound of the samples that were read and not yet given, in bytes. The batch that Next() waits for is read
  // whatever its size.
  size_t ahead_bytes = size_t{1} << 30;
  // Batches already done, over all epochs. A resumed run starts here and sees exactly the batches that an
  // uninterrupted run would see from here on.
  int64_t first_batch = 0;
  int64_t epochs = 0;  // 0 = without end
  // This process is number `rank` of `world_size`. It gets samples rank, rank + world_size, rank + 2
  // world_size,
  // ... of each batch: sample j of a batch of one process is sample j / world_size of rank j % world_size. An
  // epoch's last, smaller batch may have no sample for the last ranks; it is then empty.
  int rank = 0, world_size = 1;

  // kFail: Next() returns the error of a clip that cannot be read. kSkipAndCount: the clip's batch has one
  // sample less; `most` holds for a rank's clips of one epoch.
  Unreadable unreadable;
  std::function<void(const SkippedClip&)> on_skip;  // called by Next(), in the order of the batches
};

// One less than this process may use, at least 1 and at most 16.
int DefaultWorkers();

// The memory of a sample's frames and flow.
size_t SampleBytes(const Sample& sample);

// The augmentation seed of a sample is a hash of (seed, epoch, index), so batches do not depend on the number
// of workers or ranks, or on where the run was interrupted.
class Loader {
 public:
  // `dataset` must outlive the loader.
  Loader(const Dataset& dataset, const LoaderOptions& options);
  ~Loader();  // stops the threads; never waits for more than the clips being read
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // Full batches of an epoch, and the smaller last one unless dropped; the same for all ranks.
  int64_t batches_per_epoch() const;

  // This rank's part of the next batch; empty if all its clips were skipped. Errors: what Dataset::Load
  // reports (it names the video); DataLoss when too many clips were skipped; OutOfRange after the last epoch;
  // InvalidArgument when an epoch has no batch at all or ranks do not fit the batch.
  absl::StatusOr<std::vector<Sample>> Next();

  int64_t skipped() const;             // clips skipped so far
  size_t largest_ahead_bytes() const;  // most memory that finished samples took so far

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_LOADER_H_
