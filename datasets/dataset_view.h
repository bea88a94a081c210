// The base of data sets that show another one differently.
#ifndef MRSN_DATASETS_DATASET_VIEW_H_
#define MRSN_DATASETS_DATASET_VIEW_H_

#include <cstdint>
#include <string>
#include <vector>

#include "datasets/dataset.h"

namespace mrsn::datasets {

// All that a view does not change is what its data set says.
class DatasetView : public Dataset {
 public:
  int64_t size() const override { return dataset_.size(); }
  const Keyframe& keyframe(int64_t index) const override { return dataset_.keyframe(index); }
  absl::StatusOr<Sample> Load(int64_t index, uint64_t augmentation_seed) const override {
    return dataset_.Load(index, augmentation_seed);
  }
  absl::StatusOr<Sample> LoadPersons(int64_t index, uint64_t augmentation_seed) const override {
    return dataset_.LoadPersons(index, augmentation_seed);
  }
  const std::vector<ActionClass>& classes() const override { return dataset_.classes(); }
  std::vector<AnnotatedBox> GroundTruth() const override { return dataset_.GroundTruth(); }
  FrameSize annotation_frame_size() const override { return dataset_.annotation_frame_size(); }
  std::vector<VideoMedia> Videos() const override { return dataset_.Videos(); }
  std::vector<std::string> Notes() const override { return dataset_.Notes(); }
  std::string Fingerprint() const override { return dataset_.Fingerprint(); }

 protected:
  // `dataset` must outlive this object.
  explicit DatasetView(const Dataset& dataset) : dataset_(dataset) {}

  const Dataset& dataset() const { return dataset_; }

 private:
  const Dataset& dataset_;
};

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_DATASET_VIEW_H_
