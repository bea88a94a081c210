// A part of a data set, spread over all of it: for validations that must not take long.
#ifndef MRSN_EXPERIMENTS_ENGINE_EVERY_NTH_H_
#define MRSN_EXPERIMENTS_ENGINE_EVERY_NTH_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "datasets/dataset_view.h"

namespace mrsn::experiments {

// Key frames 0, n, 2n, ... of `dataset`, which must outlive this object, and their ground truth. n >= 1.
class EveryNth : public datasets::DatasetView {
 public:
  EveryNth(const datasets::Dataset& dataset, int64_t n) : DatasetView(dataset), n_(n) {}

  int64_t size() const override { return (dataset().size() + n_ - 1) / n_; }
  const Keyframe& keyframe(int64_t index) const override { return dataset().keyframe(index * n_); }
  absl::StatusOr<datasets::Sample> Load(int64_t index, uint64_t augmentation_seed) const override {
    return dataset().Load(index * n_, augmentation_seed);
  }
  absl::StatusOr<datasets::Sample> LoadPersons(int64_t index, uint64_t augmentation_seed) const override {
    return dataset().LoadPersons(index * n_, augmentation_seed);
  }
  std::vector<datasets::AnnotatedBox> GroundTruth() const override {
    std::set<Keyframe> kept;
    for (int64_t i = 0; i < size(); ++i) kept.insert(keyframe(i));
    std::vector<datasets::AnnotatedBox> boxes;
    for (const datasets::AnnotatedBox& box : dataset().GroundTruth()) {
      if (kept.count(box.keyframe) > 0) boxes.push_back(box);
    }
    return boxes;
  }

 private:
  const int64_t n_;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_EVERY_NTH_H_
