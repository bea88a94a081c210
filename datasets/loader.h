// Batches in a reproducible order, read ahead by background threads.
#ifndef MRSN_DATASETS_LOADER_H_
#define MRSN_DATASETS_LOADER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/dataset.h"

namespace mrsn::datasets {

struct LoaderOptions {
  int batch_size = 16;
  uint64_t seed = 0;
  bool shuffle = true;    // a new permutation each epoch, from (seed, epoch)
  bool drop_last = true;  // leave out an epoch's last, smaller batch
  int workers = 1;        // background threads, at least 1
  // Batches already done, over all epochs. A resumed run starts here and sees exactly the batches that an
  // uninterrupted run would see from here on.
  int64_t first_batch = 0;
  int64_t epochs = 0;  // 0 = without end
};

// The augmentation seed of a sample is a hash of (seed, epoch, index), so batches do
// not depend on the number of workers or on where the run was interrupted.
class Loader {
 public:
  // `dataset` must outlive the loader.
  Loader(const Dataset& dataset, const LoaderOptions& options);
  ~Loader();  // stops the threads; never waits for more than the clips being read
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // Full batches of an epoch, and the smaller last one unless dropped.
  int64_t batches_per_epoch() const;

  // The next batch. Errors: what Dataset::Load reports (it names the video); OutOfRange
  // after the last epoch; InvalidArgument when an epoch has no batch at all.
  absl::StatusOr<std::vector<Sample>> Next();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_LOADER_H_
