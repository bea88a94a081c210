// The share of one of several processes in a data set that is read in order, batch by batch.
#ifndef MRSN_EXPERIMENTS_ENGINE_DEALT_BATCHES_H_
#define MRSN_EXPERIMENTS_ENGINE_DEALT_BATCHES_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "datasets/dataset_view.h"

namespace mrsn::experiments {

// The clips of batches rank, rank + ranks, rank + 2 ranks, ... of `dataset` in batches of `batch_size`. Whole
// batches are dealt: each holds the clips that it holds in a single process, so that its numbers are the
// same.
class DealtBatches : public datasets::DatasetView {
 public:
  // `dataset` must outlive this object. Batches before `first_batch` are left out.
  DealtBatches(const datasets::Dataset& dataset, int64_t batch_size, int64_t first_batch, int rank, int ranks)
      : DatasetView(dataset), batch_size_(batch_size), first_(first_batch + rank), ranks_(ranks) {
    for (int64_t batch = first_; batch * batch_size < dataset.size(); batch += ranks) {
      size_ += std::min(batch_size, dataset.size() - batch * batch_size);
    }
  }

  int64_t size() const override { return size_; }
  const Keyframe& keyframe(int64_t index) const override { return dataset().keyframe(Place(index)); }
  absl::StatusOr<datasets::Sample> Load(int64_t index, uint64_t augmentation_seed) const override {
    return dataset().Load(Place(index), augmentation_seed);
  }
  absl::StatusOr<datasets::Sample> LoadPersons(int64_t index, uint64_t augmentation_seed) const override {
    return dataset().LoadPersons(Place(index), augmentation_seed);
  }

 private:
  int64_t Place(int64_t index) const {
    return (first_ + index / batch_size_ * ranks_) * batch_size_ + index % batch_size_;
  }

  const int64_t batch_size_, first_, ranks_;
  int64_t size_ = 0;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_DEALT_BATCHES_H_
